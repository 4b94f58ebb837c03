/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_FLOW_TEXT_H
#define CONTROLLER_FLOW_TEXT_H 1

/* The text that "ovs-appctl dpctl/dump-flows -m" prints, of Open vSwitch 2.13
 * up to the newest, as records.
 *
 * The text is fed in pieces of any size, from whatever source, and never held
 * as a whole: what is kept is one line and the names of ports.  Names of ports
 * are whatever OVS prints: they may start with a digit, or be numbers.
 * Numbers of recirculations are decimal or hexadecimal.  Lines that are no
 * flows (headers of PMD threads, prompts, blank ones, the rest of a log or of
 * a document) are passed over; those that start as a flow and then cannot be
 * understood are counted, and the first is told.
 *
 * How records are filled:
 *
 *   - The text tells one count of packets, of hardware and software together.
 *     Of a flow with "offloaded:yes" all of it is hardware's, as that is what
 *     the text claims, of any other nothing.
 *
 *   - What goes into a tunnel port of the userspace datapath ("tnl_pop") has
 *     that port as an output, and "tnl_push" the port that it leaves through.
 *
 *   - A flow without "dp:" (from a dump without "-m") is FLOW_KERNEL.
 *
 *   - PMD threads may have the same flow each, with the same ufid.  That of
 *     the first thread that the text has keeps it; in those of other threads
 *     the number of the thread's core is XORed into the last bytes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/flow-record.h"

/* Longest line in bytes; a longer one is malformed. */
#define FLOW_TEXT_MAX_LINE (256 * 1024)

/* Longest name of a port in bytes, and how many there may be; flows with
 * others are malformed. */
#define FLOW_TEXT_MAX_NAME 255
#define FLOW_TEXT_MAX_NAMES 65536

/* Largest number of records in one call. */
#define FLOW_TEXT_BATCH 32

struct flow_text;

struct flow_text_status {
    uint64_t n_lines;           /* Lines so far. */
    uint64_t n_flows;           /* Flows told. */
    uint64_t n_plain;           /* Those of them without "dp:", of which the
                                 * text does not tell where they are. */
    uint64_t n_malformed;       /* Flows left out for their form. */
    uint64_t malformed_line;    /* Number of the first of those, from 1. */
    const char *malformed_why;  /* What was wrong there, or NULL. */
};

/* Takes the next 'n' records, at most FLOW_TEXT_BATCH, which are valid during
 * the call. */
typedef void flow_text_cb(void *aux, const struct flow_record *const *records,
                          size_t n);

/* Creates a parser that hands flows to 'flows', all of those that are complete
 * before flow_text_feed() or flow_text_end() returns.  A record's 'dev' and
 * 'outputs' are numbers of names, from 1, for flow_text_name(); 'dev' is 0 if
 * the match has no in_port.  A flow without ufid (from a dump without "-m")
 * gets one that is made from its match. */
struct flow_text *flow_text_create(flow_text_cb *flows, void *aux);
void flow_text_destroy(struct flow_text *);

/* Takes the next 'n' bytes of the text.  flow_text_end() is for the end of it,
 * where the last line may lack its end. */
void flow_text_feed(struct flow_text *, const char *, size_t n);
void flow_text_end(struct flow_text *);

/* Begins another text: a line that was not completed is dropped, the status
 * begins anew, and names keep their numbers. */
void flow_text_restart(struct flow_text *);

const struct flow_text_status *flow_text_status(const struct flow_text *);

/* Name of port 'dev', or NULL.  The parser's.  Names go from 1 up to the
 * first NULL. */
const char *flow_text_name(const struct flow_text *, uint32_t dev);

/* Splits 'line', the text of one flow: stores copies of its match and of its
 * actions, without what else is told of the flow, and returns NULL.  If it has
 * a ufid, that has to be 'ufid'.  Returns what is wrong with it if that cannot
 * be done, and stores nothing. */
const char *flow_text_split(const char *line,
                            const uint8_t ufid[FLOW_UFID_LEN], char **match,
                            char **actions);

/* Bytes of memory that the parser holds. */
size_t flow_text_memory(const struct flow_text *);

#endif /* controller/flow-text/text.h */
