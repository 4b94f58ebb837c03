/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/grid.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "utilities/client/text-width.h"

/* An elastic column becomes no narrower than this before others are left
 * out. */
#define MIN_ELASTIC 16

/* No column becomes narrower than this. */
#define MIN_WIDTH 8

#define SGR_RESET "\033[0m"
#define SGR_BOLD "\033[1m"

void
grid_init(struct grid *grid, const struct grid_column *columns,
          size_t n_columns)
{
    memset(grid, 0, sizeof *grid);
    grid->columns = columns;
    grid->n_columns = n_columns;
}

void
grid_destroy(struct grid *grid)
{
    if (grid) {
        for (size_t i = 0; i < grid->n_rows * grid->n_columns; i++) {
            free(grid->cells[i]);
        }
        free(grid->cells);
    }
}

char **
grid_add_row(struct grid *grid)
{
    size_t n = grid->n_rows * grid->n_columns;

    while (grid->allocated < n + grid->n_columns) {
        grid->cells = x2nrealloc(grid->cells, &grid->allocated,
                                 sizeof *grid->cells);
    }
    for (size_t i = 0; i < grid->n_columns; i++) {
        grid->cells[n + i] = xstrdup("");
    }
    grid->n_rows++;
    return &grid->cells[n];
}

void
grid_set_cell(char **cell, char *text)
{
    free(*cell);
    *cell = text;
}

static const char *
cell(const struct grid *grid, size_t row, size_t column)
{
    return grid->cells[row * grid->n_columns + column];
}

/* Widths. */

struct layout {
    size_t *natural;            /* Width of each column with nothing cut. */
    size_t *width;              /* Width that it gets; 0: left out. */
};

/* Width of a line, with a blank between columns. */
static size_t
line_width(const struct grid *grid, const struct layout *layout)
{
    size_t sum = 0;

    for (size_t x = 0; x < grid->n_columns; x++) {
        sum += layout->width[x] ? layout->width[x] + (sum > 0) : 0;
    }
    return sum;
}

static void
measure(const struct grid *grid, struct layout *layout)
{
    for (size_t x = 0; x < grid->n_columns; x++) {
        size_t width = MAX(1, text_width(grid->columns[x].heading));

        for (size_t y = 0; y < grid->n_rows; y++) {
            width = MAX(width, text_width(cell(grid, y, x)));
        }
        layout->natural[x] = layout->width[x] = width;
    }
}

static bool
is_empty(const struct grid *grid, size_t x)
{
    for (size_t y = 0; y < grid->n_rows; y++) {
        if (cell(grid, y, x)[0]) {
            return false;
        }
    }
    return true;
}

/* Leaves out the column that is missed least: an empty one, else one of the
 * lowest rank; of these the rightmost.  Returns false if none may be. */
static bool
drop_column(const struct grid *grid, struct layout *layout)
{
    size_t found = SIZE_MAX;
    int lowest = 0;

    for (size_t x = 0; x < grid->n_columns; x++) {
        int rank = grid->columns[x].rank;

        if (!rank || !layout->width[x]) {
            continue;
        }
        rank = is_empty(grid, x) ? INT_MIN : rank;
        if (found == SIZE_MAX || rank <= lowest) {
            found = x;
            lowest = rank;
        }
    }
    if (found == SIZE_MAX) {
        return false;
    }
    layout->width[found] = 0;
    return true;
}

/* Cuts all columns that are left down to MIN_WIDTH, widest first, until the
 * line has 'limit' characters. */
static void
squeeze(const struct grid *grid, struct layout *layout, size_t limit)
{
    while (line_width(grid, layout) > limit) {
        size_t widest = 0;

        for (size_t x = 1; x < grid->n_columns; x++) {
            if (layout->width[x] > layout->width[widest]) {
                widest = x;
            }
        }
        if (layout->width[widest] <= MIN_WIDTH) {
            return;
        }
        layout->width[widest]--;
    }
}

/* Gives room that is left to elastic columns, to the narrowest first. */
static void
widen(const struct grid *grid, struct layout *layout, size_t limit)
{
    for (size_t have = line_width(grid, layout); have < limit; have++) {
        size_t best = SIZE_MAX;

        for (size_t x = 0; x < grid->n_columns; x++) {
            if (layout->width[x] && layout->width[x] < layout->natural[x]
                && (best == SIZE_MAX
                    || layout->width[x] < layout->width[best])) {
                best = x;
            }
        }
        if (best == SIZE_MAX) {
            return;
        }
        layout->width[best]++;
    }
}

static void
fit(const struct grid *grid, struct layout *layout, size_t limit)
{
    if (!limit || line_width(grid, layout) <= limit) {
        return;
    }
    for (size_t x = 0; x < grid->n_columns; x++) {
        if (grid->columns[x].elastic) {
            size_t min = MAX(MIN_ELASTIC,
                             text_width(grid->columns[x].heading));

            layout->width[x] = MIN(layout->natural[x], min);
        }
    }
    while (line_width(grid, layout) > limit && drop_column(grid, layout)) {
        continue;
    }
    squeeze(grid, layout, limit);
    widen(grid, layout, limit);
}

/* Table. */

/* SGR sequence for a word that says how something is, or NULL. */
static const char *
word_color(const char *word)
{
    static const struct {
        const char *words;
        const char *sgr;
    } colors[] = {
        { " PASS attached paired on applied full synced ", "\033[32m" },
        { " UNKNOWN pending absent working partial unknown resync syncing "
          "no-vdpa no-representor unmatched full-but-software ",
          "\033[33m" },
        { " FAIL conflict error failed refused ambiguous off unsupported "
          "legacy-eswitch none ", "\033[31m" },
    };
    char *needle = xasprintf(" %s ", word);
    const char *sgr = NULL;

    for (size_t i = 0; word[0] && i < ARRAY_SIZE(colors); i++) {
        if (strstr(colors[i].words, needle)) {
            sgr = colors[i].sgr;
        }
    }
    free(needle);
    return sgr;
}

/* Appends the first 'len' bytes of 's', padded to 'width'. */
static void
put_padded(struct ds *out, const char *s, size_t len, size_t width,
           const char *sgr)
{
    char *text = xmemdup0(s, len);

    if (sgr) {
        ds_put_format(out, "%s%s%s", sgr, text, SGR_RESET);
    } else {
        ds_put_cstr(out, text);
    }
    ds_put_char_multiple(out, ' ', width - MIN(width, text_width(text)));
    free(text);
}

/* Appends 's' in 'width' columns; where it is cut that shows. */
static void
put_cut(struct ds *out, const char *s, size_t width, const char *sgr)
{
    if (text_width(s) <= width) {
        put_padded(out, s, strlen(s), width, sgr);
    } else {
        char *cut = xasprintf("%.*s~", (int) text_bytes(s, width - 1), s);

        put_padded(out, cut, strlen(cut), width, sgr);
        free(cut);
    }
}

/* Takes from '*s' as much as fits in 'width', up to a blank if there is one,
 * and returns how many bytes to print. */
static size_t
take_line(const char **s, size_t width)
{
    const char *start = *s;
    size_t n = text_bytes(start, width);

    if (!n) {
        n = strlen(start);      /* No column is that narrow. */
    }
    if (start[n] && start[n] != ' ') {
        size_t blank = n;

        while (blank && start[blank - 1] != ' ') {
            blank--;
        }
        n = blank ? blank : n;
    }
    *s = start + n;
    while (**s == ' ') {
        ++*s;
    }
    while (n && start[n - 1] == ' ') {
        n--;
    }
    return n;
}

static void
end_line(struct ds *out, size_t start)
{
    while (out->length > start && ds_last(out) == ' ') {
        out->length--;
    }
    ds_put_char(out, '\n');
}

static void
put_headings(const struct grid *grid, const struct layout *layout, bool color,
             struct ds *out)
{
    size_t start = out->length;

    for (size_t x = 0; x < grid->n_columns; x++) {
        if (layout->width[x]) {
            ds_put_cstr(out, out->length > start ? " " : "");
            put_cut(out, grid->columns[x].heading, layout->width[x],
                    color ? SGR_BOLD : NULL);
        }
    }
    end_line(out, start);

    start = out->length;
    for (size_t x = 0; x < grid->n_columns; x++) {
        if (layout->width[x]) {
            ds_put_cstr(out, out->length > start ? " " : "");
            ds_put_char_multiple(out, '-', layout->width[x]);
        }
    }
    end_line(out, start);
}

static void
put_row(const struct grid *grid, const struct layout *layout, size_t y,
        const struct grid_style *style, struct ds *out)
{
    const char **rest = xmalloc(grid->n_columns * sizeof *rest);
    bool more = true;

    for (size_t x = 0; x < grid->n_columns; x++) {
        rest[x] = cell(grid, y, x);
    }
    while (more) {
        size_t start = out->length;
        bool first = true;

        more = false;
        for (size_t x = 0; x < grid->n_columns; x++) {
            const struct grid_column *column = &grid->columns[x];
            const char *sgr = (style->color && column->verdict
                               ? word_color(rest[x]) : NULL);

            if (!layout->width[x]) {
                continue;
            }
            ds_put_cstr(out, first ? "" : " ");
            first = false;
            if (style->wrap && column->elastic) {
                const char *s = rest[x];
                size_t n = take_line(&rest[x], layout->width[x]);

                put_padded(out, s, n, layout->width[x], sgr);
                more = more || *rest[x];
            } else {
                put_cut(out, rest[x], layout->width[x], sgr);
                rest[x] = "";
            }
        }
        end_line(out, start);
    }
    free(rest);
}

char *
grid_put_table(const struct grid *grid, const struct grid_style *style,
               struct ds *out)
{
    struct ds dropped = DS_EMPTY_INITIALIZER;
    struct layout layout = {
        .natural = xcalloc(grid->n_columns, sizeof *layout.natural),
        .width = xcalloc(grid->n_columns, sizeof *layout.width),
    };

    measure(grid, &layout);
    fit(grid, &layout, style->width);
    if (!style->continued) {
        put_headings(grid, &layout, style->color, out);
    }
    for (size_t y = 0; y < grid->n_rows; y++) {
        put_row(grid, &layout, y, style, out);
    }
    for (size_t x = 0; x < grid->n_columns; x++) {
        if (!layout.width[x]) {
            ds_put_format(&dropped, "%s%s", dropped.length ? " " : "",
                          grid->columns[x].heading);
        }
    }
    free(layout.natural);
    free(layout.width);
    return dropped.length ? ds_steal_cstr(&dropped) : NULL;
}

/* CSV. */

static void
put_field(struct ds *out, const char *s)
{
    if (!strpbrk(s, ",\"\r\n")) {
        ds_put_cstr(out, s);
        return;
    }
    ds_put_char(out, '"');
    for (; *s; s++) {
        ds_put_cstr(out, *s == '"' ? "\"" : "");
        ds_put_char(out, *s);
    }
    ds_put_char(out, '"');
}

void
grid_put_csv(const struct grid *grid, bool continued, struct ds *out)
{
    for (size_t x = 0; x < grid->n_columns && !continued; x++) {
        ds_put_cstr(out, x ? "," : "");
        put_field(out, grid->columns[x].heading);
    }
    ds_put_cstr(out, continued ? "" : "\r\n");
    for (size_t y = 0; y < grid->n_rows; y++) {
        for (size_t x = 0; x < grid->n_columns; x++) {
            ds_put_cstr(out, x ? "," : "");
            put_field(out, cell(grid, y, x));
        }
        ds_put_cstr(out, "\r\n");
    }
}
