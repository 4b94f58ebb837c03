/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/command-list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Words that a name may have. */
#define MAX_WORDS 4

/* Adds the command of one line, "  NAME   USAGE". */
static void
add_line(struct command_list *list, const char *line, size_t len)
{
    size_t start = 0, end;

    while (start < len && line[start] == ' ') {
        start++;
    }
    for (end = start; end < len && line[end] != ' '; end++) {
        continue;
    }
    /* The line that introduces them is not indented. */
    if (!start || start == end) {
        return;
    }
    for (size_t i = start; i < len; i++) {
        if (line[i] < ' ' || line[i] > '~') {
            return;
        }
    }
    if (list->n >= list->allocated) {
        list->commands = x2nrealloc(list->commands, &list->allocated,
                                    sizeof *list->commands);
    }

    struct listed_command *command = &list->commands[list->n++];
    command->name = xmemdup0(line + start, end - start);
    while (end < len && line[end] == ' ') {
        end++;
    }
    while (len > end && line[len - 1] == ' ') {
        len--;
    }
    command->usage = xmemdup0(line + end, len - end);
}

void
command_list_parse(struct command_list *list, const char *text)
{
    memset(list, 0, sizeof *list);
    while (*text) {
        size_t len = strcspn(text, "\n");

        add_line(list, text, len);
        text += len + (text[len] == '\n');
    }
}

void
command_list_destroy(struct command_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->commands[i].name);
        free(list->commands[i].usage);
    }
    free(list->commands);
}

static const struct listed_command *
find_name(const struct command_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++) {
        if (!strcmp(list->commands[i].name, name)) {
            return &list->commands[i];
        }
    }
    return NULL;
}

const struct listed_command *
command_list_find(const struct command_list *list, size_t n,
                  char *const words[], size_t *n_name)
{
    const struct listed_command *found = NULL;
    struct ds name = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < MIN(n, MAX_WORDS); i++) {
        const struct listed_command *command;

        if (!words[i][0] || words[i][0] == '-') {
            break;
        }
        ds_put_format(&name, "%s%s", i ? "/" : "", words[i]);
        command = find_name(list, ds_cstr(&name));
        if (command) {
            found = command;
            *n_name = i + 1;
        }
    }
    ds_destroy(&name);
    return found;
}

/* Longest name that is compared; longer ones are like no other. */
#define MAX_COMPARED 40

/* More is no slip, nor is half of the name. */
#define MAX_DISTANCE 2

/* By dynamic programming: distance of the first 'i' characters of 'a' and the
 * first 'j' of 'b'. */
static size_t
distance(const char *a, const char *b)
{
    size_t d[MAX_COMPARED + 1][MAX_COMPARED + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n > MAX_COMPARED || m > MAX_COMPARED) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (!i || !j) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = MIN(MIN(d[i - 1][j], d[i][j - 1]) + 1,
                          d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2]
                && a[i - 2] == b[j - 1]) {
                d[i][j] = MIN(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[n][m];
}

size_t
command_distance(const char *name, size_t n, char *const words[])
{
    struct ds joined = DS_EMPTY_INITIALIZER;
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < MIN(n, MAX_WORDS); i++) {
        ds_put_format(&joined, "%s%s", i ? "/" : "", words[i]);
        least = MIN(least, distance(ds_cstr(&joined), name));
    }
    ds_destroy(&joined);
    return (least <= MAX_DISTANCE && least * 2 < strlen(name) ? least
            : SIZE_MAX);
}

static bool
is_of_group(const char *name, const char *group)
{
    size_t len = strlen(group);

    return !strncmp(name, group, len) && (!name[len] || name[len] == '/');
}

size_t
command_list_put(const struct command_list *list, const char *group,
                 struct ds *s)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++) {
        const struct listed_command *command = &list->commands[i];

        if (group && !is_of_group(command->name, group)) {
            continue;
        }
        ds_put_cstr(s, "  ");
        for (const char *p = command->name; *p; p++) {
            ds_put_char(s, *p == '/' ? ' ' : *p);
        }
        ds_put_format(s, "%s%s\n", command->usage[0] ? " " : "",
                      command->usage);
        n++;
    }
    return n;
}
