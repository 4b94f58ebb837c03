/* SPDX-License-Identifier: Apache-2.0 */

#ifndef UTILITIES_CLIENT_GRID_H
#define UTILITIES_CLIENT_GRID_H 1

/* Rows and columns of text, printed as a table that fits a terminal or as CSV.
 *
 * Pure: what the terminal is like is told by the caller.  Cells are valid
 * UTF-8 in which control characters are escaped (output_cell()). */

#include <stdbool.h>
#include <stddef.h>

struct ds;

struct grid_column {
    const char *heading;
    const char *member;         /* Path of the member that it shows, as in
                                 * "hw.packets"; NULL if it is filled in
                                 * otherwise. */
    int rank;                   /* Columns of lower ranks are dropped first
                                 * where there is no room; 0: never. */
    bool elastic;               /* Is part of the text of use, too? */
    bool verdict;               /* Do its words have colors? */
};

struct grid {
    const struct grid_column *columns; /* The caller's. */
    size_t n_columns;           /* Number of 'columns'. */
    char **cells;               /* Row by row; owned, never NULL. */
    size_t n_rows;              /* Rows of 'cells'. */
    size_t allocated;           /* Elements of 'cells' that are allocated. */
};

void grid_init(struct grid *, const struct grid_column *, size_t n_columns);
void grid_destroy(struct grid *);

/* Adds a row, whose cells are "", and returns these. */
char **grid_add_row(struct grid *);

/* Replaces '*cell' by 'text', which is taken. */
void grid_set_cell(char **cell, char *text);

/* How a table is to look. */
struct grid_style {
    size_t width;               /* Columns of the terminal; 0: no limit. */
    bool color;                 /* With colors? */
    bool continued;             /* Without headings, which are above? */
    bool wrap;                  /* Continue elastic columns on further lines,
                                 * rather than to cut them? */
};

/* Appends a table.  If it is wider than 'style->width' then elastic columns
 * become narrower, columns are left out by their rank, and after that all
 * become narrower.  Lines are then no wider than that, unless it is less than
 * eight characters a column that is never left out.
 *
 * Returns the headings of what was left out, separated by blanks, or NULL;
 * caller frees. */
char *grid_put_table(const struct grid *, const struct grid_style *,
                     struct ds *);

/* Appends CSV as RFC 4180 has it: a record of headings first, unless that is
 * 'continued'; lines that end with CR and LF, quotes around fields that need
 * them. */
void grid_put_csv(const struct grid *, bool continued, struct ds *);

#endif /* utilities/client/grid.h */
