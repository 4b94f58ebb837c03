# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# "utilities/dev demo" does what it says, and prints what README.md shows.
. "$LAB/guest/lib.sh"

demo() { bash "$LAB/demo.sh" >"$LAB_OUT/demo" 2>&1; }
demo || { sed 's/^/    /' "$LAB_OUT/demo"; fail "the demo"; }
check "README.md shows what it prints" "$LAB/../docs/steps" output README.md \
    "utilities/dev demo" "$LAB_OUT/demo"
