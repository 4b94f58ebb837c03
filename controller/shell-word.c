/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/shell-word.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

char *
shell_word(const char *name)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_-.:,/@%+=";
    struct ds s = DS_EMPTY_INITIALIZER;

    if (name[0] && name[0] != '-' && !name[strspn(name, plain)]) {
        return xstrdup(name);
    }
    ds_put_char(&s, '\'');
    for (const char *p = name; *p; p++) {
        if (*p == '\'') {
            ds_put_cstr(&s, "'\\''");
        } else {
            ds_put_char(&s, *p);
        }
    }
    ds_put_char(&s, '\'');
    return ds_steal_cstr(&s);
}
