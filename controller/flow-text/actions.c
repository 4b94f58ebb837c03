/* SPDX-License-Identifier: Apache-2.0 */

/* The actions of a flow: a list of names of ports and of actions, some with
 * arguments in parentheses, in which there may be further lists. */

#include <config.h>
#include "controller/flow-text/private.h"

#include "util.h"

/* Lists within lists.  The kernel has less, and so does ovs-vswitchd. */
#define MAX_DEPTH 32

struct actions {
    struct flow_text_parser *parser;
    struct flow_record *record; /* What is filled. */
    struct flow_text_marks marks; /* Of the text, with commas. */
    const char **why;           /* Set if something is malformed. */
    int depth;                  /* Of the list. */
    enum flow_miss doubtful;    /* What keeps the flow out of tc with some
                                 * versions: counts if nothing else does. */
};

/* What the arguments of an action are. */
enum args {
    ARGS_OPAQUE,                /* Nothing of interest. */
    ARGS_LISTS,                 /* Some of them are lists: "gt(LIST)". */
    ARGS_LIST,                  /* A list, or a port. */
    ARGS_TNL_PUSH,              /* One of them is "out_port(PORT)". */
    ARGS_CT,                    /* Those of ct(). */
    ARGS_SET,                   /* A field. */
};

struct action {
    const char *name;           /* As printed. */
    uint8_t len;                /* Of 'name'. */
    uint8_t args;               /* 'enum args', if there are any. */
    uint8_t miss;               /* 'enum flow_miss'. */
};
#define ACTION(NAME, ARGS, MISS) { NAME, sizeof NAME - 1, ARGS, MISS }

static const struct action known[] = {
    ACTION("push_vlan", ARGS_OPAQUE, FLOW_MISS_NONE),
    ACTION("pop_vlan", ARGS_OPAQUE, FLOW_MISS_NONE),
    ACTION("ct_clear", ARGS_OPAQUE, FLOW_MISS_NONE),
    ACTION("userspace", ARGS_OPAQUE, FLOW_MISS_ACTION_USERSPACE),
    ACTION("tnl_push", ARGS_TNL_PUSH, FLOW_MISS_ACTION_OTHER),
    ACTION("tnl_pop", ARGS_LIST, FLOW_MISS_ACTION_OTHER),
    ACTION("clone", ARGS_LIST, FLOW_MISS_ACTION_CLONE),
    ACTION("sample", ARGS_LISTS, FLOW_MISS_ACTION_SAMPLE),
    ACTION("psample", ARGS_OPAQUE, FLOW_MISS_ACTION_SAMPLE),
    ACTION("hash", ARGS_OPAQUE, FLOW_MISS_ACTION_HASH),
    ACTION("check_pkt_len", ARGS_LISTS, FLOW_MISS_ACTION_CHECK_PKT_LEN),
    ACTION("meter", ARGS_OPAQUE, FLOW_MISS_ACTION_METER),
    ACTION("trunc", ARGS_OPAQUE, FLOW_MISS_ACTION_TRUNC),
    ACTION("lb_output", ARGS_OPAQUE, FLOW_MISS_ACTION_LB_OUTPUT),
    ACTION("dec_ttl", ARGS_LISTS, FLOW_MISS_ACTION_DEC_TTL),
    ACTION("push_mpls", ARGS_OPAQUE, FLOW_MISS_NONE),
    ACTION("pop_mpls", ARGS_OPAQUE, FLOW_MISS_NONE),
    ACTION("push_nsh", ARGS_OPAQUE, FLOW_MISS_ACTION_NSH),
    ACTION("pop_nsh", ARGS_OPAQUE, FLOW_MISS_ACTION_NSH),
    ACTION("push_eth", ARGS_OPAQUE, FLOW_MISS_ACTION_PUSH_ETH),
    ACTION("pop_eth", ARGS_OPAQUE, FLOW_MISS_ACTION_PUSH_ETH),
};

static const char *parse_list(struct actions *, const char *p);

static const char *
next_mark(struct actions *actions)
{
    return flow_text_marks_next(&actions->marks, true);
}

static bool
fail(struct actions *actions, const char *why)
{
    *actions->why = why;
    return false;
}

/* Notes what keeps the flow out of tc, if nothing did before. */
static void
miss(struct actions *actions, enum flow_miss why)
{
    if (why == FLOW_MISS_ACTION_METER
        || why == FLOW_MISS_ACTION_CHECK_PKT_LEN) {
        actions->doubtful = actions->doubtful ? actions->doubtful : why;
    } else if (!actions->record->miss) {
        actions->record->miss = why;
    }
}

static bool
add_output(struct actions *actions, const char *p, size_t len)
{
    struct flow_text_parser *parser = actions->parser;
    struct flow_record *record = actions->record;
    uint32_t number = flow_text_intern(&parser->names, p, len, actions->why);

    if (!number) {
        return false;
    }
    if (record->n_outputs < FLOW_INLINE_OUTPUTS) {
        record->inline_outputs[record->n_outputs++] = number;
        return true;
    }

    if (record->n_outputs >= parser->allocated) {
        parser->allocated = MAX(FLOW_INLINE_OUTPUTS, parser->allocated) * 2;
        parser->outputs = xrealloc(parser->outputs, (parser->allocated
                                                     * sizeof(uint32_t)));
    }
    if (record->n_outputs == FLOW_INLINE_OUTPUTS) {
        memcpy(parser->outputs, record->inline_outputs,
               sizeof record->inline_outputs);
    }
    parser->outputs[record->n_outputs++] = number;
    record->outputs = parser->outputs;
    return true;
}

static bool
add_target(struct actions *actions, const char *p, const char *end)
{
    struct flow_record *record = actions->record;
    uint64_t value;

    if (!flow_text_number(&p, &value) || value > UINT32_MAX || p != end) {
        return fail(actions, "recirc() has no number");
    }
    for (int i = 0; i < record->n_targets; i++) {
        if (record->targets[i] == value) {
            return true;
        }
    }
    if (record->n_targets < FLOW_MAX_TARGETS) {
        record->targets[record->n_targets++] = value;
    } else {
        record->flags |= FLOW_MORE;
    }
    return true;
}

/* Goes on to the parenthesis that closes the one that was opened last. */
static const char *
skip_args(struct actions *actions)
{
    int depth = 1;

    for (;;) {
        const char *mark = next_mark(actions);

        if (mark == actions->marks.end) {
            return NULL;
        }
        depth += *mark == '(' ? 1 : *mark == ')' ? -1 : 0;
        if (!depth) {
            return mark;
        }
    }
}

/* The argument [p, end) of ct(). */
static bool
parse_ct_arg(struct actions *actions, const char *p, const char *end)
{
    struct flow_record *record = actions->record;

    if (FLOW_TEXT_STARTS(p, "zone=")) {
        uint64_t zone;

        p += 5;
        if (!flow_text_number(&p, &zone) || zone > UINT16_MAX || p != end) {
            return fail(actions, "a ct zone is not a number");
        }
        if (!(record->flags & FLOW_HAS_ZONE)) {
            record->flags |= FLOW_HAS_ZONE;
            record->zone = zone;
        }
    } else if (FLOW_TEXT_STARTS(p, "helper=")
               || FLOW_TEXT_STARTS(p, "timeout=")) {
        miss(actions, FLOW_MISS_ACTION_CT);
    }
    return true;
}

/* What of the field [value, end), whose name, 'len' bytes, is at 'p', tc
 * cannot rewrite. */
static enum flow_miss
set_miss(const char *p, size_t len, const char *value, const char *end)
{
    size_t n = end - value;

    if (FLOW_TEXT_IS(p, len, "nsh")) {
        return FLOW_MISS_ACTION_NSH;
    } else if (FLOW_TEXT_IS(p, len, "tunnel")) {
        return memmem(value, n, "vxlan(", 6) || memmem(value, n, "erspan(", 7)
               || memmem(value, n, "gtpu(", 5) || memmem(value, n, "oam", 3)
               ? FLOW_MISS_ACTION_SET : FLOW_MISS_NONE;
    } else if (FLOW_TEXT_IS(p, len, "ipv6")) {
        return memmem(value, n, "label=", 6)
               ? FLOW_MISS_ACTION_SET : FLOW_MISS_NONE;
    } else if (FLOW_TEXT_IS(p, len, "eth") || FLOW_TEXT_IS(p, len, "ipv4")
               || FLOW_TEXT_IS(p, len, "tcp") || FLOW_TEXT_IS(p, len, "udp")
               || FLOW_TEXT_IS(p, len, "mpls")) {
        return FLOW_MISS_NONE;
    }
    return FLOW_MISS_ACTION_SET;
}

/* The list at 'p' in parentheses, of which the first was read.  Returns the
 * other one. */
static const char *
parse_nested(struct actions *actions, const char *p)
{
    const char *close;

    if (actions->depth >= MAX_DEPTH) {
        fail(actions, "actions are nested too deeply");
        return NULL;
    }
    actions->depth++;
    close = parse_list(actions, p);
    actions->depth--;
    return close == actions->marks.end ? NULL : close;
}

/* Goes through the arguments at 'p', of which the parenthesis was read, up to
 * the closing one. */
static const char *
parse_args(struct actions *actions, const char *p, enum args args)
{
    const char *end = actions->marks.end;

    for (;;) {
        const char *mark = next_mark(actions);
        size_t len = mark - p;

        if (mark == end) {
            return NULL;
        }
        if (*mark != '(') {
            if (args == ARGS_CT && !parse_ct_arg(actions, p, mark)) {
                return NULL;
            }
        } else if (args == ARGS_LISTS
                   || (args == ARGS_TNL_PUSH
                       && FLOW_TEXT_IS(p, len, "out_port"))) {
            mark = parse_nested(actions, mark + 1);
            if (!mark) {
                return NULL;
            }
            p = mark + 1;
            continue;
        } else {
            const char *close = skip_args(actions);

            if (!close) {
                return NULL;
            }
            if (args == ARGS_SET) {
                miss(actions, set_miss(p, len, mark + 1, close));
            }
            p = close + 1;
            continue;
        }
        if (*mark == ')') {
            return mark;
        }
        p = mark + 1;
    }
}

/* The arguments at 'p' of an action that is none of the common ones, named by
 * the 'len' bytes at 'name'. */
static const char *
parse_other(struct actions *actions, const char *name, size_t len,
            const char *p)
{
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        const struct action *action = &known[i];

        if (action->len == len && !memcmp(action->name, name, len)) {
            miss(actions, action->miss);
            return (action->args == ARGS_OPAQUE ? skip_args(actions)
                    : action->args == ARGS_LIST ? parse_nested(actions, p)
                    : parse_args(actions, p, action->args));
        }
    }
    if (FLOW_TEXT_IS(name, len, "drop")) {
        if (actions->depth == 1) {
            actions->record->flags |= FLOW_DROP;
        }
    } else {
        miss(actions, FLOW_MISS_ACTION_OTHER);
    }
    return skip_args(actions);
}

/* An action with arguments, named by the 'len' bytes at 'p', of which 'open'
 * is the parenthesis.  Returns the closing one, or NULL. */
static const char *
parse_action(struct actions *actions, const char *p, size_t len,
             const char *open)
{
    const char *close;

    switch (len) {
    case 2:
        if (FLOW_TEXT_STARTS(p, "ct")) {
            return parse_args(actions, open + 1, ARGS_CT);
        }
        break;

    case 3:
        if (FLOW_TEXT_STARTS(p, "set")) {
            return parse_args(actions, open + 1, ARGS_SET);
        }
        break;

    case 6:
        if (FLOW_TEXT_STARTS(p, "recirc")) {
            close = skip_args(actions);
            return close && add_target(actions, open + 1, close) ? close
                                                                 : NULL;
        }
        break;
    }
    return parse_other(actions, p, len, open + 1);
}

/* The word of 'len' bytes at 'p': an action without arguments, or a port.  (A
 * port of one of these names cannot be told from the action.) */
static bool
parse_word(struct actions *actions, const char *p, size_t len)
{
    switch (*p) {
    case 'd':
        if (FLOW_TEXT_IS(p, len, "drop")) {
            if (actions->depth == 1) {
                actions->record->flags |= FLOW_DROP;
            }
            return true;
        }
        break;

    case 'c':
        if (FLOW_TEXT_IS(p, len, "ct_clear") || FLOW_TEXT_IS(p, len, "ct")) {
            return true;
        }
        break;

    case 'p':
        if (FLOW_TEXT_IS(p, len, "pop_vlan")) {
            return true;
        } else if (FLOW_TEXT_IS(p, len, "pop_eth")) {
            miss(actions, FLOW_MISS_ACTION_PUSH_ETH);
            return true;
        } else if (FLOW_TEXT_IS(p, len, "pop_nsh")) {
            miss(actions, FLOW_MISS_ACTION_NSH);
            return true;
        }
        break;
    }
    return add_output(actions, p, len);
}

/* The list at 'p'.  Returns the closing parenthesis behind it, or the end of
 * the text; or NULL. */
static const char *
parse_list(struct actions *actions, const char *p)
{
    const char *end = actions->marks.end;
    const char *start = p;

    for (;;) {
        const char *mark = next_mark(actions);

        if (mark < end && *mark == '(') {
            mark = parse_action(actions, p, mark - p, mark);
            if (!mark) {
                return NULL;
            }
            p = mark + 1;
            mark = next_mark(actions);
            if (mark != p || (mark < end && *mark == '(')) {
                fail(actions, "an action is followed by something else");
                return NULL;
            }
        } else if (mark < end && *mark == ')' && mark == start
                   && actions->depth > 1) {
            return mark;        /* "()". */
        } else if (!parse_word(actions, p, mark - p)) {
            return NULL;
        }
        if (mark == end || *mark == ')') {
            return mark;
        }
        p = mark + 1;
        if (*p == ' ' && actions->depth == 1
            && FLOW_TEXT_STARTS(p, " dp-extra-info:")) {
            return end;
        }
    }
}

bool
flow_text_parse_actions(struct flow_text_parser *parser, const char *p,
                        const char *end, struct flow_record *record,
                        const char **why)
{
    struct actions actions = {
        .parser = parser,
        .record = record,
        .why = why,
        .depth = 1,
    };
    const char *rest;

    *why = NULL;
    flow_text_marks_init(&actions.marks, p, end, true);
    rest = parse_list(&actions, p);
    if (rest != end && !*why) {
        *why = rest ? "a parenthesis in the actions is closed twice"
                    : "a parenthesis in the actions is not closed";
    }
    if (!record->miss) {
        record->miss = actions.doubtful;
    }
    return rest == end;
}
