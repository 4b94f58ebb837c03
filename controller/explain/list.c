/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/explain/private.h"

#include <stdarg.h>
#include <stdlib.h>

#include "util.h"

/* The list of items. */

const char *
explain_verdict_to_string(enum explain_verdict verdict)
{
    switch (verdict) {
    case EXPLAIN_PASS:
        return "PASS";
    case EXPLAIN_UNKNOWN:
        return "UNKNOWN";
    case EXPLAIN_FAIL:
        return "FAIL";
    }
    OVS_NOT_REACHED();
}

void
explain_flows_destroy(struct explain_flows *flows)
{
    if (flows) {
        flow_reasons_destroy(&flows->reasons);
    }
}

void
explain_list_destroy(struct explain_list *list)
{
    if (list) {
        for (size_t i = 0; i < list->n; i++) {
            free(list->items[i].evidence);
            free(list->items[i].fix);
        }
        free(list->items);
    }
}

enum explain_verdict
explain_overall(const struct explain_list *list)
{
    enum explain_verdict worst = EXPLAIN_PASS;

    for (size_t i = 0; i < list->n; i++) {
        worst = MAX(worst, list->items[i].verdict);
    }
    return worst;
}

void
explain_add(struct explain_list *list, const char *name,
            enum explain_verdict verdict, const char *format, ...)
{
    struct explain_item *item;
    va_list args;

    if (list->n >= list->allocated) {
        list->items = x2nrealloc(list->items, &list->allocated,
                                 sizeof *list->items);
    }
    va_start(args, format);
    item = &list->items[list->n++];
    *item = (struct explain_item) {
        .name = name, .verdict = verdict,
        .evidence = xvasprintf(format, args), .fix = xstrdup(""),
    };
    va_end(args);
}

void
explain_set_fix(struct explain_list *list, const char *format, ...)
{
    struct explain_item *item = &list->items[list->n - 1];
    va_list args;

    va_start(args, format);
    free(item->fix);
    item->fix = xvasprintf(format, args);
    va_end(args);
}
