/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/complete.h"

#include <stdlib.h>
#include <string.h>

#include "controller/output.h"
#include "openvswitch/json.h"
#include "svec.h"
#include "util.h"
#include "utilities/client/answer.h"
#include "utilities/client/catalog.h"

/* What is being completed. */
struct completion {
    const struct complete_source *source;
    struct svec *candidates;
    const char *word;           /* As it is so far. */
    char *prefix;               /* Of 'word', before the value that is
                                 * completed: "--pod=". */
    bool files;                 /* May it be the name of a file? */
};

/* Options that are for all commands. */
static const struct {
    const char *short_name;     /* Or "". */
    const char *long_name;
    const char *kind;           /* Of the value, or NULL if it has none. */
    bool behind;                /* May it follow the command? */
} options[] = {
    { "-t", "--target", "file", false },
    { "-T", "--timeout", "", false },
    { "-f", "--format", "format", false },
    { "-o", "--output", "output", true },
    { "", "--color", "color", true },
    { "-w", "--watch", NULL, true },
    { "-h", "--help", NULL, true },
    { "", "--snapshot", "file", false },
    { "-V", "--version", NULL, false },
};

/* Candidates. */

/* Adds 's' if the word can become that, and the shells can be told. */
static void
add(struct completion *c, const char *s)
{
    char *candidate = xasprintf("%s%s", c->prefix, s);
    char *printable = output_printable(candidate);

    if (s[0] && !strcmp(candidate, printable)
        && !strncmp(candidate, c->word, strlen(c->word))) {
        svec_add(c->candidates, candidate);
    }
    free(printable);
    free(candidate);
}

static void
add_member(struct completion *c, const struct json *object, const char *name)
{
    const char *s = answer_string(object, name);

    if (s) {
        add(c, s);
    }
}

static void
add_pod(struct completion *c, const struct json *object)
{
    const char *ns = answer_string(object, "namespace");
    const char *pod = answer_string(object, "pod");

    if (ns && pod) {
        char *name = xasprintf("%s/%s", ns, pod);

        add(c, name);
        free(name);
    }
}

/* Adds what 'object', of the answer to a command, has to offer. */
typedef void add_func(struct completion *, const struct json *object);

static void
add_port(struct completion *c, const struct json *port)
{
    static const char *const members[] = {
        "representor", "vf_pci", "vdpa", "iface_id", "request",
    };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        add_member(c, port, members[i]);
    }
    add_pod(c, port);
}

static void
add_request(struct completion *c, const struct json *port)
{
    add_member(c, port, "request");
}

static void
add_vdpa(struct completion *c, const struct json *vdpa)
{
    add_member(c, vdpa, "vdpa");
    add_member(c, vdpa, "vf_pci");
}

static void
add_policy(struct completion *c, const struct json *pf)
{
    add_member(c, pf, "policy");
}

static void
add_mgmtdev(struct completion *c, const struct json *mgmtdev)
{
    add_member(c, mgmtdev, "mgmtdev");
}

/* Kinds of words, by what the daemon is asked for them... */
static const struct {
    const char *kind;
    const char *command;
    const char *member;         /* That has the array, or "". */
    add_func *add;
} live_kinds[] = {
    { "port", "port/list", "", add_port },
    { "request", "port/list", "", add_request },
    { "vdpa", "vdpa/list", "", add_vdpa },
    { "policy", "policy/list", "", add_policy },
    { "mgmtdev", "vdpa/mgmtdev-list", "", add_mgmtdev },
    { "pod", "flow/report", "interfaces", add_pod },
};

/* ...and those that are always the same. */
static const struct {
    const char *kind;
    const char *words;
} fixed_kinds[] = {
    { "driver", "vhost_vdpa virtio_vdpa" },
    { "sort", "bytes name packets software" },
    { "format", "csv json table" },
    { "output", "csv json table wide yaml" },
    { "color", "always auto never" },
};

static void
add_live(struct completion *c, const char *command, const char *member,
         add_func *add_object)
{
    struct json *json = c->source->ask(c->source->aux, command);
    const struct json *array = answer_member(json, member);

    if (array && array->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(array)->n; i++) {
            add_object(c, json_array(array)->elems[i]);
        }
    }
    json_destroy(json);
}

static void
add_words(struct completion *c, const char *words)
{
    char *copy = xstrdup(words), *save = NULL;

    for (char *word = strtok_r(copy, " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        add(c, word);
    }
    free(copy);
}

static void
add_kind(struct completion *c, const char *kind)
{
    if (!strcmp(kind, "file")) {
        c->files = true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(live_kinds); i++) {
        if (!strcmp(live_kinds[i].kind, kind)) {
            add_live(c, live_kinds[i].command, live_kinds[i].member,
                     live_kinds[i].add);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(fixed_kinds); i++) {
        if (!strcmp(fixed_kinds[i].kind, kind)) {
            add_words(c, fixed_kinds[i].words);
        }
    }
}

/* Completes the value behind the first 'len' bytes of the word. */
static void
add_value(struct completion *c, size_t len, const char *kind)
{
    free(c->prefix);
    c->prefix = xmemdup0(c->word, len);
    add_kind(c, kind);
}

/* Options of all commands. */

/* Is 'word' option 'i', without its value? */
static bool
is_option(size_t i, const char *word)
{
    return ((options[i].short_name[0] && !strcmp(word, options[i].short_name))
            || !strcmp(word, options[i].long_name));
}

/* Kind of the value that follows option 'word' as the next one, or NULL. */
static const char *
next_kind(const char *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        if (options[i].kind && is_option(i, word)) {
            return options[i].kind;
        }
    }
    return NULL;
}

static void
add_option(struct completion *c, const char *name, bool has_value)
{
    char *s = xasprintf("%s%s", name, has_value ? "=" : "");

    add(c, s);
    free(s);
}

static void
add_options(struct completion *c, bool behind)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
        const char *name = options[i].long_name;
        size_t len = strlen(name);

        if (behind && !options[i].behind) {
            continue;
        }
        if (options[i].kind && !strncmp(c->word, name, len)
            && c->word[len] == '=') {
            add_value(c, len + 1, options[i].kind);
            return;
        }
        add_option(c, name, options[i].kind != NULL);
    }
}

const char *
complete_find_option(size_t n, char *const words[], const char *short_name,
                     const char *long_name)
{
    size_t len = strlen(long_name);
    const char *value = NULL;

    for (size_t i = 0; i + 1 < n && words[i][0] == '-'; i++) {
        const char *word = words[i];
        bool separate = next_kind(word) != NULL;

        if (separate && i + 2 < n && (!strcmp(word, short_name)
                                      || !strcmp(word, long_name))) {
            value = words[i + 1];
        } else if (!strncmp(word, long_name, len) && word[len] == '=') {
            value = word + len + 1;
        }
        i += separate;
    }
    return value;
}

/* Commands. */

/* Adds the words that may follow the 'n' ones that are the beginning of a
 * command's name. */
static void
add_commands(struct completion *c, size_t n, char *const words[])
{
    /* Names may be given with their slashes, too. */
    bool whole = !n && strchr(c->word, '/');

    for (size_t i = 0; i < catalog_n; i++) {
        const char *name = catalog[i].name;
        bool matches = true;

        if (whole) {
            add(c, name);
            continue;
        }

        for (size_t j = 0; j < n && matches; j++) {
            size_t len = strlen(words[j]);

            matches = !strncmp(name, words[j], len) && name[len] == '/';
            name += matches ? len + 1 : 0;
        }
        if (matches) {
            char *word = xmemdup0(name, strcspn(name, "/"));

            add(c, word);
            free(word);
        }
    }
}

/* Words of a command's 'args', one by one: "--pod=pod" is an option of that
 * name with a value of kind "pod". */
struct arg {
    char *name;                 /* With '=' at the end if it has a value; NULL
                                 * for a positional argument. */
    char *kind;                 /* Of the value or argument. */
    bool repeated;              /* May it come again? */
};

static struct arg *
parse_args(const char *args, size_t *n)
{
    char *copy = xstrdup(args), *save = NULL;
    struct arg *parsed = NULL;
    size_t allocated = 0;

    *n = 0;
    for (char *word = strtok_r(copy, " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        const char *equals = strchr(word, '=');
        size_t len = strcspn(word, ".");
        struct arg *arg;

        if (*n >= allocated) {
            parsed = x2nrealloc(parsed, &allocated, sizeof *parsed);
        }
        arg = &parsed[(*n)++];
        arg->repeated = word[len] != '\0';
        arg->name = (equals ? xmemdup0(word, equals + 1 - word)
                     : !strncmp(word, "--", 2) ? xstrdup(word) : NULL);
        arg->kind = (equals ? xstrdup(equals + 1)
                     : arg->name ? xstrdup("") : xmemdup0(word, len));
    }
    free(copy);
    return parsed;
}

static void
free_args(struct arg *args, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(args[i].name);
        free(args[i].kind);
    }
    free(args);
}

/* Does option 'arg' have its value in the word behind 'word'? */
static bool
value_follows(const struct arg *arg, const char *word)
{
    size_t len = arg->name ? strlen(arg->name) : 0;

    return (len > 3 && !strncmp(arg->name, "--", 2)
            && arg->name[len - 1] == '=' && strlen(word) == len - 1
            && !strncmp(word, arg->name, len - 1));
}

/* Number of positional arguments in 'words', and in '*kind' the kind of the
 * next word if the last one is an option that wants a value. */
static size_t
count_positional(const struct arg *args, size_t n_args, size_t n,
                 char *const words[], const char **kind)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const char *value = next_kind(words[i]);

        for (size_t j = 0; j < n_args; j++) {
            if (value_follows(&args[j], words[i])) {
                value = args[j].kind;
            }
        }
        if (value) {
            *kind = ++i == n ? value : NULL;
        } else if (words[i][0] != '-' && !strchr(words[i], '=')) {
            count++;
        }
    }
    return count;
}

/* Completes arguments of 'command', of which 'words' are there. */
static void
add_args(struct completion *c, const struct catalog_command *command,
         size_t n, char *const words[])
{
    const char *kind = NULL;
    size_t n_args, position, i, index = 0;
    struct arg *args = parse_args(command->args, &n_args);

    position = count_positional(args, n_args, n, words, &kind);
    if (kind) {
        add_kind(c, kind);
        free_args(args, n_args);
        return;
    }
    for (i = 0; i < n_args; i++) {
        const struct arg *arg = &args[i];
        size_t len = arg->name ? strlen(arg->name) : 0;

        if (!arg->name) {
            if (c->word[0] != '-'
                && (index == position || (arg->repeated && index < position))
                ) {
                add_kind(c, arg->kind);
            }
            index++;
        } else if (arg->name[len - 1] == '='
                   && !strncmp(c->word, arg->name, len)) {
            add_value(c, len, arg->kind);
            break;
        } else if (c->word[0] == '-' || strncmp(arg->name, "--", 2)) {
            add(c, arg->name);
        }
    }
    if (i == n_args && c->word[0] == '-') {
        add_options(c, true);
    }
    free_args(args, n_args);
}

bool
complete(size_t n, char *const words[], const struct complete_source *source,
         struct svec *candidates)
{
    const struct catalog_command *command;
    struct completion c = {
        .source = source,
        .candidates = candidates,
        .word = n ? words[n - 1] : "",
        .prefix = xstrdup(""),
    };
    size_t n_before = n ? n - 1 : 0, i, n_name;
    const char *kind = NULL;
    bool is_help = false;

    /* Options before the command. */
    for (i = 0; i < n_before && words[i][0] == '-'; i++) {
        kind = next_kind(words[i]);
        if (kind && i + 1 < n_before) {
            i++;
            kind = NULL;
        }
    }
    if (i < n_before && !strcmp(words[i], "help")) {
        i++;                    /* What it is about is what follows. */
        is_help = true;
    }
    command = catalog_find_words(n_before - i, words + i, &n_name);
    if (is_help && command) {
        /* That is all that it needs. */
    } else if (kind) {
        add_kind(&c, kind);
    } else if (command) {
        add_args(&c, command, n_before - i - n_name, words + i + n_name);
    } else {
        add_commands(&c, n_before - i, words + i);
        if (i == n_before && !is_help) {
            add(&c, "help");
        }
        if (c.word[0] == '-') {
            add_options(&c, i < n_before);
        }
    }
    svec_sort_unique(candidates);
    free(c.prefix);
    return c.files;
}
