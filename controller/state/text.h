/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_STATE_TEXT_H
#define CONTROLLER_STATE_TEXT_H 1

/* The text of a file in which something survives the end of the daemon, and
 * what that is.  No I/O here.
 *
 * A file is a JSON object of a version, the kernel's boot ID, a checksum and
 * the content.  Nothing that is kept outlives the kernel: after a reboot names
 * are others', and times are of another clock. */

struct journal;
struct json;
struct shash;

/* Returns the text of a file, which the caller frees.  'content' becomes
 * its. */
char *state_text_format(const char *boot_id, struct json *content);

/* Parses the text of a file.  Returns NULL, and stores into '*contentp' what
 * was given to state_text_format(), or NULL if that was before the last boot;
 * the caller frees it.  Else returns a message that says what is wrong, which
 * the caller frees. */
char *state_text_parse(const char *text, const char *boot_id,
                       struct json **contentp);

/* The journal as the content of a file. */
struct json *journal_to_state(const struct journal *);

/* Adds what 'content' has to 'journal', which has to be empty.  'now' is
 * time_msec().  Returns NULL, or a message that says what is wrong, which the
 * caller frees; then 'journal' stays as it is. */
char *journal_from_state(struct journal *journal, const struct json *content,
                         long long int now);

/* Pending deletions of vDPA devices as the content of a file: 'deletions' has
 * each device's inode in sysfs, a uint64_t that is freed with it, by its name.
 * The latter returns NULL, or a message that says what is wrong, which the
 * caller frees; then 'deletions', which has to be empty, stays so. */
struct json *vdpa_deletions_to_state(const struct shash *deletions);
char *vdpa_deletions_from_state(const struct json *content,
                                struct shash *deletions);

#endif /* controller/state/text.h */
