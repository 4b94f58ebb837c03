/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_ROUNDS_H
#define TESTS_UNIT_ROUNDS_H 1

/* How long tests with random input go on. */

#include <stdlib.h>

#include "util.h"

/* How many of 'n' rounds to run: one in TEST_ROUNDS_DIVISOR, a variable of the
 * environment that is set where each instruction takes many times as long, as
 * under valgrind. */
static inline int
rounds(int n)
{
    const char *divisor = getenv("TEST_ROUNDS_DIVISOR");

    return n / (divisor ? MAX(1, atoi(divisor)) : 1);
}

#endif /* tests/unit/rounds.h */
