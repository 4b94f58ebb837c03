/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow-text/text.h"

#include "controller/flow-text/private.h"
#include "util.h"

/* Room for a line at first, in bytes. */
#define FIRST_LINE 4096

struct flow_text {
    flow_text_cb *flows;        /* Takes the records. */
    void *aux;                  /* Of 'flows'. */
    struct flow_text_parser parser; /* For one line. */
    struct flow_text_status status; /* So far. */

    /* The line that the last piece did not complete. */
    char *line;                 /* 'allocated' + FLOW_TEXT_PAD bytes. */
    size_t line_len;            /* Bytes of it so far. */
    size_t allocated;           /* Room for it. */
    bool too_long;              /* Was it longer than FLOW_TEXT_MAX_LINE, and
                                 * what is in 'line' is its start? */

    /* PMD threads. */
    uint32_t core;              /* What is XORed into the last bytes of ufids,
                                 * in the order of bytes in which they are
                                 * printed. */
    uint64_t first_core;        /* Core of the first thread, UINT64_MAX if no
                                 * thread was named yet. */

    /* Records that were not handed out yet. */
    size_t n_records;           /* Number of them. */
    struct flow_record records[FLOW_TEXT_BATCH];
    const struct flow_record *batch[FLOW_TEXT_BATCH]; /* Points to them. */
};

struct flow_text *
flow_text_create(flow_text_cb *flows, void *aux)
{
    struct flow_text *text = xzalloc(sizeof *text);

    text->flows = flows;
    text->aux = aux;
    text->first_core = UINT64_MAX;
    flow_text_names_init(&text->parser.names);
    text->allocated = FIRST_LINE;
    text->line = xzalloc(text->allocated + FLOW_TEXT_PAD);
    for (size_t i = 0; i < FLOW_TEXT_BATCH; i++) {
        text->batch[i] = &text->records[i];
    }
    return text;
}

void
flow_text_destroy(struct flow_text *text)
{
    if (text) {
        flow_text_names_destroy(&text->parser.names);
        free(text->parser.outputs);
        free(text->line);
        free(text);
    }
}

/* Hands out what there is. */
static void
flush(struct flow_text *text)
{
    if (text->n_records) {
        text->flows(text->aux, text->batch, text->n_records);
        text->n_records = 0;
    }
}

static void
malformed(struct flow_text *text, const char *why)
{
    if (!text->status.n_malformed++) {
        text->status.malformed_line = text->status.n_lines;
        text->status.malformed_why = why;
    }
}

/* The line [p, end), which is no flow: the header of a PMD thread's flows is
 * of interest. */
static void
other_line(struct flow_text *text, const char *p, const char *end)
{
    static const char pmd[] = "flow-dump from pmd on cpu core: ";
    uint64_t core;

    if (end - p < 16 || !FLOW_TEXT_STARTS(p, "flow-dump from ")) {
        return;
    }
    text->core = 0;
    if (!strncmp(p, pmd, sizeof pmd - 1)) {
        p += sizeof pmd - 1;
        if (flow_text_decimal(&p, &core) && core <= UINT32_MAX) {
            if (text->first_core == UINT64_MAX) {
                text->first_core = core;
            }
            /* The main thread's are not those of core 0. */
            text->core = core != text->first_core ? htobe32(core + 1) : 0;
        }
    }
}

static inline void
add_core(const struct flow_text *text, struct flow_record *record)
{
    uint8_t *p = record->ufid + FLOW_UFID_LEN - sizeof text->core;
    uint32_t tail;

    memcpy(&tail, p, sizeof tail);
    tail ^= text->core;
    memcpy(p, &tail, sizeof tail);
}

/* The line [p, end) without its end, behind which FLOW_TEXT_PAD bytes can be
 * read, the first of them a line's end or null. */
static void
take_line(struct flow_text *text, const char *p, const char *end)
{
    struct flow_record *record = &text->records[text->n_records];
    const char *why = NULL;

    text->status.n_lines++;
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    while (end > p && (end[-1] == ' ' || end[-1] == '\r')) {
        end--;
    }
    switch (flow_text_parse(&text->parser, p, end, record, &why)) {
    case FLOW_TEXT_FLOW:
        break;

    case FLOW_TEXT_OTHER:
        other_line(text, p, end);
        return;

    case FLOW_TEXT_MALFORMED:
        malformed(text, why);
        return;
    }

    if (text->core) {
        add_core(text, record);
    }
    text->status.n_flows++;
    text->status.n_plain += text->parser.plain;
    /* There is memory for the outputs of one flow that has many. */
    if (++text->n_records == FLOW_TEXT_BATCH
        || record->outputs != record->inline_outputs) {
        flush(text);
    }
}

/* Adds 'n' bytes to the line that is not complete. */
static void
append(struct flow_text *text, const char *p, size_t n)
{
    if (text->too_long || n > FLOW_TEXT_MAX_LINE - text->line_len) {
        text->too_long = true;
        /* Its start, to see whether it is a flow. */
        n = text->line_len < FIRST_LINE ? MIN(n, FIRST_LINE - text->line_len)
                                        : 0;
    }
    if (n > text->allocated - text->line_len) {
        size_t want = MAX(text->allocated * 2, text->line_len + n);

        text->allocated = MIN(want, FLOW_TEXT_MAX_LINE);
        text->line = xrealloc(text->line, text->allocated + FLOW_TEXT_PAD);
    }
    memcpy(text->line + text->line_len, p, n);
    text->line_len += n;
}

/* The line that was appended to is complete. */
static void
finish_line(struct flow_text *text)
{
    char *end = text->line + text->line_len;

    if (text->too_long) {
        struct flow_record record;
        const char *why;

        memset(end, 0, FLOW_TEXT_PAD);
        text->status.n_lines++;
        if (flow_text_parse(&text->parser, text->line, end, &record, &why)
            != FLOW_TEXT_OTHER) {
            malformed(text, "the line is too long");
        }
    } else {
        memset(end, 0, FLOW_TEXT_PAD);
        take_line(text, text->line, end);
    }
    text->line_len = 0;
    text->too_long = false;
}

void
flow_text_feed(struct flow_text *text, const char *p, size_t n)
{
    const char *end = p + n;

    while (p < end) {
        const char *newline = memchr(p, '\n', end - p);

        if (!newline) {
            append(text, p, end - p);
            break;
        }
        if (!text->line_len && newline - p <= FLOW_TEXT_MAX_LINE
            && end - newline >= FLOW_TEXT_PAD) {
            take_line(text, p, newline);
        } else {
            append(text, p, newline - p);
            finish_line(text);
        }
        p = newline + 1;
    }
    flush(text);
}

void
flow_text_end(struct flow_text *text)
{
    if (text->line_len) {
        finish_line(text);
        flush(text);
    }
}

void
flow_text_restart(struct flow_text *text)
{
    text->line_len = 0;
    text->too_long = false;
    text->core = 0;
    memset(&text->status, 0, sizeof text->status);
}

const struct flow_text_status *
flow_text_status(const struct flow_text *text)
{
    return &text->status;
}

const char *
flow_text_name(const struct flow_text *text, uint32_t dev)
{
    const struct flow_text_names *names = &text->parser.names;

    return dev && dev <= names->n ? names->names[dev - 1].string : NULL;
}

size_t
flow_text_memory(const struct flow_text *text)
{
    const struct flow_text_names *names = &text->parser.names;

    return (sizeof *text
            + text->allocated + FLOW_TEXT_PAD
            + text->parser.allocated * sizeof *text->parser.outputs
            + names->allocated * sizeof *names->names
            + (names->mask + 1) * sizeof *names->slots
            + names->n_bytes);
}
