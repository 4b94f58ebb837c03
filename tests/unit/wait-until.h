/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_WAIT_UNTIL_H
#define TESTS_UNIT_WAIT_UNTIL_H 1

/* cmocka.h and what it needs have to be included before. */

#include "timeval.h"

/* What takes longer than this has failed. */
#define PATIENCE_MS 20000

/* Calls the test's own run() until COND. */
#define wait_until(COND)                                        \
    do {                                                        \
        long long int end__ = time_msec() + PATIENCE_MS;        \
                                                                \
        while (!(COND)) {                                       \
            assert_true(time_msec() < end__);                   \
            run();                                              \
        }                                                       \
    } while (0)

#endif /* tests/unit/wait-until.h */
