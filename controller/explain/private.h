/* SPDX-License-Identifier: Apache-2.0 */

#ifndef CONTROLLER_EXPLAIN_PRIVATE_H
#define CONTROLLER_EXPLAIN_PRIVATE_H 1

/* The making of a checklist. */

#include "controller/explain/explain.h"
#include "controller/shell-word.h"
#include "openvswitch/compiler.h"

/* Adds an item without a fix.  'name' is a constant. */
void explain_add(struct explain_list *, const char *name,
                 enum explain_verdict, const char *format, ...)
    OVS_PRINTF_FORMAT(4, 5);

/* Gives the last item a fix, in which names of others must be words of a
 * shell. */
void explain_set_fix(struct explain_list *, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);

/* Shorter names, as there are so many of them. */
#define add explain_add
#define set_fix explain_set_fix

/* Units of both packagings have this one. */
#define RESTART "systemctl restart ovs-vswitchd"

/* set_fix() with NAME quoted for "%s" in FORMAT, which is ours. */
#define SET_FIX_NAME(LIST, FORMAT, NAME)                \
    do {                                                \
        char *word__ = shell_word(NAME);                \
        set_fix(LIST, FORMAT, word__);                  \
        free(word__);                                   \
    } while (0)

/* Items that are much of their own: what is in effect in ovs-vswitchd, which
 * is not what the keys say, and MAC addresses. */
void explain_vswitchd(const struct explain_facts *, struct explain_list *);
void explain_tc_policy(const struct explain_facts *, struct explain_list *);
void explain_mac(const struct explain_facts *, struct explain_list *);

#endif /* controller/explain/private.h */
