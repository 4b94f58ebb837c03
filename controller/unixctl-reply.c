/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/unixctl-reply.h"

#include <string.h>

#include "util.h"

/* Objects and arrays within each other that are passed over. */
#define MAX_DEPTH 1000

/* What the next byte may be. */
enum state {
    S_START,                    /* '{' */
    S_FIRST,                    /* A member's name, or '}'. */
    S_NAME,                     /* A member's name. */
    S_IN_NAME,                  /* More of it, or its end. */
    S_IN_NAME_ESCAPE,           /* What follows '\\' in it. */
    S_COLON,                    /* ':' */
    S_VALUE,                    /* A value's start. */
    S_TEXT,                     /* More of the string, or its end. */
    S_TEXT_ESCAPE,              /* What follows '\\' in it. */
    S_TEXT_HEX,                 /* A digit of "\uXXXX" in it. */
    S_SCALAR,                   /* More of what is passed over, or what ends
                                 * it. */
    S_NESTED,                   /* Within objects and arrays passed over. */
    S_STRING,                   /* Within a string passed over. */
    S_STRING_ESCAPE,            /* What follows '\\' in that. */
    S_AFTER,                    /* ',' or '}' */
    S_DONE,                     /* Nothing that matters. */
    S_BAD,                      /* Likewise. */
};

enum member {
    M_OTHER,
    M_RESULT,
    M_ERROR,
};

void
unixctl_reply_init(struct unixctl_reply *r, unixctl_reply_cb *text, void *aux)
{
    memset(r, 0, sizeof *r);
    r->text = text;
    r->aux = aux;
    r->state = S_START;
}

/* Text. */

static void
flush(struct unixctl_reply *r)
{
    if (r->n) {
        r->text(r->aux, r->member == M_ERROR, r->piece, r->n);
        r->n = 0;
    }
}

static void
put(struct unixctl_reply *r, const char *p, size_t n)
{
    while (n) {
        size_t room = MIN(n, sizeof r->piece - r->n);

        memcpy(r->piece + r->n, p, room);
        r->n += room;
        p += room;
        n -= room;
        if (r->n == sizeof r->piece) {
            flush(r);
        }
    }
}

/* Puts code point 'c', no surrogate, as UTF-8. */
static void
put_code(struct unixctl_reply *r, uint32_t c)
{
    char s[4];

    if (c < 0x80) {
        s[0] = c;
        put(r, s, 1);
    } else if (c < 0x800) {
        s[0] = 0xc0 | c >> 6;
        s[1] = 0x80 | (c & 0x3f);
        put(r, s, 2);
    } else if (c < 0x10000) {
        s[0] = 0xe0 | c >> 12;
        s[1] = 0x80 | (c >> 6 & 0x3f);
        s[2] = 0x80 | (c & 0x3f);
        put(r, s, 3);
    } else {
        s[0] = 0xf0 | c >> 18;
        s[1] = 0x80 | (c >> 12 & 0x3f);
        s[2] = 0x80 | (c >> 6 & 0x3f);
        s[3] = 0x80 | (c & 0x3f);
        put(r, s, 4);
    }
}

/* Takes the code of a complete "\uXXXX".  Returns the next state. */
static enum state
take_code(struct unixctl_reply *r)
{
    bool high = r->code >= 0xd800 && r->code < 0xdc00;
    bool low = r->code >= 0xdc00 && r->code < 0xe000;

    if (low != !!r->lead || !r->code) {
        return S_BAD;           /* Half a pair, or the end of a C string. */
    } else if (high) {
        r->lead = r->code;
        return S_TEXT;
    }
    put_code(r, low ? 0x10000 + ((r->lead - 0xd800) << 10)
                      + (r->code - 0xdc00)
             : r->code);
    r->lead = 0;
    return S_TEXT;
}

static enum state
text_hex(struct unixctl_reply *r, char c)
{
    int digit = hexit_value(c);

    if (digit < 0) {
        return S_BAD;
    }
    r->code = r->code << 4 | digit;
    return --r->n_hex ? S_TEXT_HEX : take_code(r);
}

static enum state
text_escape(struct unixctl_reply *r, char c)
{
    static const char escapes[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char *p;

    if (c == 'u') {
        r->code = 0;
        r->n_hex = 4;
        return S_TEXT_HEX;
    }
    p = c ? strchr(escapes, c) : NULL;
    if (!p || r->lead) {
        return S_BAD;
    }
    put(r, &meanings[p - escapes], 1);
    return S_TEXT;
}

static enum state
text(struct unixctl_reply *r, char c)
{
    if (c == '\\') {
        return S_TEXT_ESCAPE;
    } else if (r->lead || (uint8_t) c < ' ') {
        return S_BAD;
    } else if (c == '"') {
        flush(r);
        return S_AFTER;
    }
    put(r, &c, 1);
    return S_TEXT;
}

/* The rest. */

static enum state
start_name(struct unixctl_reply *r)
{
    r->key_len = 0;
    return S_IN_NAME;
}

static bool
key_is(const struct unixctl_reply *r, const char *name)
{
    return r->key_len == strlen(name) && !memcmp(r->key, name, r->key_len);
}

static enum state
in_name(struct unixctl_reply *r, char c)
{
    if (c == '"') {
        r->member = (key_is(r, "result") ? M_RESULT
                     : key_is(r, "error") ? M_ERROR
                     : M_OTHER);
        return S_COLON;
    }
    /* A name with an escape, or too long, is none that matters. */
    if (r->key_len < sizeof r->key) {
        r->key[r->key_len++] = c;
    }
    return c == '\\' ? S_IN_NAME_ESCAPE : S_IN_NAME;
}

static enum state
value(struct unixctl_reply *r, char c)
{
    if (c == '"') {
        bool *has = (r->member == M_RESULT ? &r->has_result
                     : r->member == M_ERROR ? &r->has_error
                     : NULL);

        if (!has) {
            return S_STRING;
        }
        /* There is one text: not two of the same name, nor both. */
        if (r->has_result || r->has_error) {
            return S_BAD;
        }
        *has = true;
        return S_TEXT;
    } else if (c == '{' || c == '[') {
        r->depth = 1;
        return S_NESTED;
    }
    return c && strchr(",:]}\\", c) ? S_BAD : S_SCALAR;
}

static enum state
after(char c)
{
    return c == ',' ? S_NAME : c == '}' ? S_DONE : S_BAD;
}

static enum state
nested(struct unixctl_reply *r, char c)
{
    if (c == '"') {
        return S_STRING;
    } else if (c == '{' || c == '[') {
        return ++r->depth <= MAX_DEPTH ? S_NESTED : S_BAD;
    } else if (c == '}' || c == ']') {
        return --r->depth ? S_NESTED : S_AFTER;
    }
    return S_NESTED;
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Returns the state behind 'c', outside of strings. */
static enum state
structure(struct unixctl_reply *r, char c)
{
    switch ((enum state) r->state) {
    case S_START: return c == '{' ? S_FIRST : S_BAD;
    case S_FIRST: return c == '"' ? start_name(r) : c == '}' ? S_DONE : S_BAD;
    case S_NAME: return c == '"' ? start_name(r) : S_BAD;
    case S_COLON: return c == ':' ? S_VALUE : S_BAD;
    case S_VALUE: return value(r, c);
    case S_NESTED: return nested(r, c);
    case S_AFTER: return after(c);
    case S_SCALAR:
        return (c == ',' || c == '}' ? after(c)
                : c && strchr("\"\\:[]{", c) ? S_BAD : S_SCALAR);
    case S_IN_NAME:
    case S_IN_NAME_ESCAPE:
    case S_TEXT:
    case S_TEXT_ESCAPE:
    case S_TEXT_HEX:
    case S_STRING:
    case S_STRING_ESCAPE:
    case S_DONE:
    case S_BAD:
    default:
        OVS_NOT_REACHED();
    }
}

static enum state
step(struct unixctl_reply *r, char c)
{
    switch ((int) r->state) {
    case S_IN_NAME: return in_name(r, c);
    case S_IN_NAME_ESCAPE: return S_IN_NAME;
    case S_TEXT: return text(r, c);
    case S_TEXT_ESCAPE: return text_escape(r, c);
    case S_TEXT_HEX: return text_hex(r, c);
    case S_STRING:
        return (c == '\\' ? S_STRING_ESCAPE
                : c != '"' ? S_STRING
                : r->depth ? S_NESTED : S_AFTER);
    case S_STRING_ESCAPE: return S_STRING;
    default: return is_space(c) ? r->state : structure(r, c);
    }
}

enum unixctl_reply_state
unixctl_reply_feed(struct unixctl_reply *r, const char *p, size_t n)
{
    const char *end = p + n;

    while (p < end && r->state != S_DONE && r->state != S_BAD) {
        if (r->state == S_TEXT && !r->lead) {
            /* What needs no look at each byte. */
            const char *start = p;

            while (p < end && *p != '"' && *p != '\\' && (uint8_t) *p >= ' ') {
                p++;
            }
            put(r, start, p - start);
            if (p == end) {
                break;
            }
        }
        r->state = step(r, *p++);
    }
    if (r->state == S_TEXT || r->state == S_TEXT_ESCAPE
        || r->state == S_TEXT_HEX) {
        flush(r);
    }
    return (r->state == S_BAD ? UNIXCTL_REPLY_BAD
            : r->state != S_DONE ? UNIXCTL_REPLY_MORE
            : r->has_error ? UNIXCTL_REPLY_ERROR
            : r->has_result ? UNIXCTL_REPLY_RESULT
            : UNIXCTL_REPLY_BAD);
}
