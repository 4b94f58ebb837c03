/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/explain/explain.h"

#include "controller/output.h"
#include "openvswitch/json.h"

struct json *
explain_to_json(const struct explain_facts *f, const struct explain_list *list)
{
    struct json *checks = json_array_create_empty();
    struct json *json = json_object_create();
    char vf[PCI_ADDR_STRLEN];

    for (size_t i = 0; i < list->n; i++) {
        const struct explain_item *item = &list->items[i];
        struct json *check = json_object_create();

        json_object_put_string(check, "check", item->name);
        json_object_put_string(check, "verdict",
                               explain_verdict_to_string(item->verdict));
        json_object_put_string(check, "evidence", item->evidence);
        json_object_put_string(check, "fix", item->fix);
        json_array_add(checks, check);
    }
    json_object_put_string(json, "interface", f->title);
    output_put_string(json, "iface_id", f->iface_id);
    output_put_string(json, "namespace", f->ns);
    output_put_string(json, "pod", f->pod);
    output_put_string(json, "vf_pci",
                      (f->has_vf_addr ? pci_addr_format(&f->vf_addr, vf)
                       : NULL));
    json_object_put_string(json, "verdict",
                           explain_verdict_to_string(explain_overall(list)));
    json_object_put(json, "checks", checks);
    return json;
}

/* Adds 'check' (an object with "check" and what else is to be shown) of
 * 'interface'. */
static void
add_row(struct json *rows, const struct json *interface, struct json *check)
{
    json_object_put(check, "interface",
                    json_deep_clone(shash_find_data(json_object(interface),
                                                    "interface")));
    json_array_add(rows, check);
}

struct json *
explain_rows(const struct json *array)
{
    struct json *rows = json_array_create_empty();

    for (size_t i = 0; i < json_array(array)->n; i++) {
        const struct json *interface = json_array(array)->elems[i];
        const struct json *checks = shash_find_data(json_object(interface),
                                                    "checks");
        struct json *all = json_object_create();

        for (size_t j = 0; j < json_array(checks)->n; j++) {
            add_row(rows, interface,
                    json_deep_clone(json_array(checks)->elems[j]));
        }
        json_object_put_string(all, "check", "all");
        json_object_put(all, "verdict",
                        json_deep_clone(shash_find_data(
                            json_object(interface), "verdict")));
        add_row(rows, interface, all);
    }
    return rows;
}
