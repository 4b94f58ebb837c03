/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_STATE_TEXT_H
#define CONTROLLER_STATE_TEXT_H 1

/* The text of a file in which something survives the end of the daemon, and
 * the journal as such a thing.  No I/O here.
 *
 * A file is a JSON object of a version, the kernel's boot ID, a checksum and
 * the content.  Nothing that is kept outlives the kernel: after a reboot names
 * are others', and times are of another clock. */

struct journal;
struct json;

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

#endif /* controller/state/text.h */
