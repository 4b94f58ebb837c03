/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/watch-view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controller/output.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "utilities/client/text-width.h"

/* Columns. */
enum column {
    COLUMN_POD,
    COLUMN_INTERFACE,
    COLUMN_DIR,
    COLUMN_FLOWS,
    COLUMN_HW_PACKETS,
    COLUMN_HW_BYTES,
    COLUMN_SW_PACKETS,
    COLUMN_SW_BYTES,
    COLUMN_HW_SHARE,
    COLUMN_REASON,
    N_COLUMNS
};

static const char *const headings[] = {
    "POD", "INTERFACE", "DIR", "FLOWS", "HW-PKT/S", "HW-B/S", "SW-PKT/S",
    "SW-B/S", "HW%", "WHY-NOT",
};
BUILD_ASSERT_DECL(ARRAY_SIZE(headings) == N_COLUMNS);

/* Names become no narrower than this for want of room. */
#define MIN_NAME_WIDTH 12

/* A reason that is cut to less than this is of no use. */
#define MIN_REASON_WIDTH 16

/* Between columns. */
#define GAP 2

#define SGR_RESET "\033[0m"
#define SGR_BOLD "\033[1m"
#define SGR_RED "\033[31m"
#define SGR_YELLOW "\033[33m"

char *
watch_number(double value)
{
    static const char prefixes[] = "kMGTPE";
    int i = -1;

    /* What would be rounded to 1000 is the next prefix's. */
    while (value >= 999.5 && prefixes[i + 1]) {
        value /= 1000;
        i++;
    }
    if (value < 0.05 && i < 0) {
        return xstrdup("0");
    }

    char *prefix = i < 0 ? xstrdup("") : xasprintf("%c", prefixes[i]);
    char *s = (value >= 99.95 ? xasprintf("%.0f%s", value, prefix)
               : i < 0 && value >= 9.95 ? xasprintf("%.0f", value)
               : value >= 9.995 || i < 0 ? xasprintf("%.1f%s", value, prefix)
               : xasprintf("%.2f%s", value, prefix));
    free(prefix);
    return s;
}

/* Appends 's' in 'width' columns; where it is cut that shows. */
static void
put_text(struct ds *line, const char *s, size_t width, bool right)
{
    size_t have = text_width(s);

    if (have <= width) {
        ds_put_char_multiple(line, ' ', right ? width - have : 0);
        ds_put_cstr(line, s);
        ds_put_char_multiple(line, ' ', right ? 0 : width - have);
    } else if (width) {
        size_t n = text_bytes(s, width - 1);
        size_t start = line->length;

        ds_put_buffer(line, s, n);
        ds_put_char(line, '~');
        /* Half a character of two columns is left out. */
        have = text_width(ds_cstr(line) + start);
        ds_put_char_multiple(line, ' ', width - MIN(width, have));
    }
}

static bool
is_left(enum column column)
{
    return (column == COLUMN_POD || column == COLUMN_INTERFACE
            || column == COLUMN_DIR || column == COLUMN_REASON);
}

static char *
rate_cell(const struct watch_rate *rate, double value)
{
    return rate->known ? watch_number(value) : xstrdup("-");
}

/* Fills the cells of a row, which are the caller's to free. */
static void
fill_cells(const struct watch_rate *rate, char *cells[N_COLUMNS])
{
    const struct watch_counts *c = rate->counts;
    double share = watch_rate_hw_share(rate);

    cells[COLUMN_POD] = output_printable(c->pod ? c->pod : "");
    cells[COLUMN_INTERFACE] = output_printable(c->name);
    cells[COLUMN_DIR] = xstrdup(c->direction == WATCH_EGRESS ? "egress"
                                : "ingress");
    cells[COLUMN_FLOWS] = xasprintf("%"PRIu64"/%"PRIu64, c->offloaded,
                                    c->flows);
    cells[COLUMN_HW_PACKETS] = rate_cell(rate, rate->packets[WATCH_HW]);
    cells[COLUMN_HW_BYTES] = rate_cell(rate, rate->bytes[WATCH_HW]);
    cells[COLUMN_SW_PACKETS] = rate_cell(rate, rate->packets[WATCH_SW]);
    cells[COLUMN_SW_BYTES] = rate_cell(rate, rate->bytes[WATCH_SW]);
    /* Rounded down, so that 100 means all. */
    cells[COLUMN_HW_SHARE] = (share < 0 ? xstrdup("-")
                              : xasprintf("%d", (int) (share * 100)));
    cells[COLUMN_REASON] = output_printable(c->reason ? c->reason : "");
}

/* Makes columns fit in 'width': first the reason, then the names. */
static void
fit_columns(size_t widths[N_COLUMNS], size_t width)
{
    static const enum column names[] = { COLUMN_POD, COLUMN_INTERFACE };
    size_t others = 0, excess;

    for (size_t i = 0; i < COLUMN_REASON; i++) {
        others += widths[i] + GAP;
    }
    for (size_t i = 0; others > width && i < ARRAY_SIZE(names); i++) {
        size_t *w = &widths[names[i]];
        size_t spare = *w > MIN_NAME_WIDTH ? *w - MIN_NAME_WIDTH : 0;

        excess = MIN(others - width, spare);
        *w -= excess;
        others -= excess;
    }
    if (others + MIN_REASON_WIDTH > width) {
        widths[COLUMN_REASON] = 0;
    } else {
        widths[COLUMN_REASON] = MIN(widths[COLUMN_REASON], width - others);
    }
}

/* Appends a line of at most 'width' columns, if that is not 0, in style
 * 'sgr', if that is not NULL. */
static void
put_line(struct ds *s, const char *line, size_t width, const char *sgr)
{
    struct ds cut = DS_EMPTY_INITIALIZER;
    size_t have = text_width(line);

    put_text(&cut, line, width && have > width ? width : have, false);
    ds_chomp(&cut, '\n');
    while (ds_chomp(&cut, ' ')) {
        continue;
    }
    if (sgr) {
        ds_put_format(s, "%s%s%s\n", sgr, ds_cstr(&cut), SGR_RESET);
    } else {
        ds_put_format(s, "%s\n", ds_cstr(&cut));
    }
    ds_destroy(&cut);
}

static void
put_row(struct ds *s, const char *const cells[N_COLUMNS],
        const size_t widths[N_COLUMNS], size_t width, const char *sgr)
{
    struct ds line = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < N_COLUMNS; i++) {
        ds_put_char_multiple(&line, ' ', i ? GAP : 0);
        put_text(&line, cells[i], widths[i], !is_left(i));
    }
    put_line(s, ds_cstr(&line), width, sgr);
    ds_destroy(&line);
}

static const char *
row_style(const struct watch_rate *rate)
{
    double share = watch_rate_hw_share(rate);

    return (share < 0 || share >= 1 ? NULL
            : share > 0 ? SGR_YELLOW : SGR_RED);
}

static void
put_rows(const struct watch_view *view, size_t n, size_t width, bool color,
         struct ds *s)
{
    char *(*cells)[N_COLUMNS] = xcalloc(n + 1, sizeof *cells);
    size_t widths[N_COLUMNS];

    for (size_t i = 0; i < n; i++) {
        fill_cells(&view->rates[i], cells[i]);
    }
    for (size_t i = 0; i < N_COLUMNS; i++) {
        widths[i] = strlen(headings[i]);
        for (size_t row = 0; row < n; row++) {
            widths[i] = MAX(widths[i], text_width(cells[row][i]));
        }
    }
    if (width) {
        fit_columns(widths, width);
    }

    put_row(s, headings, widths, width, color ? SGR_BOLD : NULL);
    for (size_t i = 0; i < n; i++) {
        put_row(s, (const char *const *) cells[i], widths, width,
                color ? row_style(&view->rates[i]) : NULL);
        for (size_t k = 0; k < N_COLUMNS; k++) {
            free(cells[i][k]);
        }
    }
    free(cells);
}

/* Appends the line that says what the rows are. */
static void
put_title(const struct watch_view *view, size_t n, size_t width, struct ds *s)
{
    struct ds line = DS_EMPTY_INITIALIZER;

    if (n < view->n) {
        ds_put_format(&line, "%"PRIuSIZE" of ", n);
    }
    ds_put_format(&line, "%"PRIuSIZE" rows by %s", view->n,
                  watch_order_to_string(view->order));
    if (view->secs) {
        ds_put_format(&line, ", rates over %.1f s", view->secs);
    }
    if (view->state) {
        ds_put_format(&line, ", flows %s", view->state);
    }
    if (!view->secs || view->waiting) {
        ds_put_cstr(&line, ", waiting for the counters to be read");
    }
    put_line(s, ds_cstr(&line), width, NULL);
    ds_destroy(&line);
}

void
watch_view_put(const struct watch_view *view, size_t width, size_t height,
               bool color, struct ds *s)
{
    /* Title, message, headings. */
    size_t others = 2 + (view->message != NULL);
    size_t n = (!height ? view->n
                : MIN(view->n, height > others ? height - others : 0));

    put_title(view, n, width, s);
    if (view->message && height != 1) {
        char *message = output_printable(view->message);

        put_line(s, message, width, color ? SGR_RED : NULL);
        free(message);
    }
    if (!height || height >= others) {
        put_rows(view, n, width, color, s);
    }
}
