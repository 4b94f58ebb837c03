/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "controller/flow-text/text.h"

#include <string.h>

#include "util.h"

/* "ufid:" and the ufid itself. */
#define UFID_LEN (5 + FLOW_UFID_STRLEN - 1)

/* Does the text at 'p', of at least UFID_LEN bytes, start with 'ufid'? */
static bool
has_ufid(const char *p, const uint8_t ufid[FLOW_UFID_LEN])
{
    char text[UFID_LEN + 1];
    uint8_t have[FLOW_UFID_LEN];

    memcpy(text, p, UFID_LEN);
    text[UFID_LEN] = '\0';
    return (flow_ufid_from_string(text, have)
            && !memcmp(have, ufid, sizeof have));
}

const char *
flow_text_split(const char *line, const uint8_t ufid[FLOW_UFID_LEN],
                char **match, char **actions)
{
    static const char stats[] = ", packets:", acts[] = ", actions:";
    const char *match_end, *p, *end;

    if (!strncmp(line, "ufid:", 5)) {
        if (strlen(line) < UFID_LEN + 2 || !has_ufid(line, ufid)
            || strncmp(line + UFID_LEN, ", ", 2)) {
            return "the ufid is not that of the flow";
        }
        line += UFID_LEN + 2;
    }
    match_end = strstr(line, stats);
    p = match_end ? strstr(match_end, acts) : NULL;
    if (!p) {
        return "statistics and actions do not follow the match";
    }
    p += sizeof acts - 1;
    end = strstr(p, ", dp-extra-info:");
    if (!end) {
        end = p + strcspn(p, "\n");
    }
    *match = xmemdup0(line, match_end - line);
    *actions = xmemdup0(p, end - p);
    return NULL;
}
