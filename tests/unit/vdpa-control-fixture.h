/* SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_VDPA_CONTROL_FIXTURE_H
#define TESTS_UNIT_VDPA_CONTROL_FIXTURE_H 1

/* For tests of changing vDPA devices.  The test plays both lanes of the
 * helper, and has a sysfs of its own; "vhost devices" are character devices
 * that everyone has, and who holds them is looked for in a /proc that shows
 * this process only.
 *
 * cmocka.h and what it needs have to be included before. */

#include <errno.h>
#include <fcntl.h>
#include <linux/vdpa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netlink/vdpa-control-private.h"
#include "netlink/vdpa-control.h"
#include "tests/unit/nl-peer.h"
#include "tests/unit/wait-until.h"
#include "util.h"

/* Of each test. */
extern struct event_base *base;
extern struct vdpa_control *control;
extern struct nl_peer requests, writes; /* The kernel's ends. */
int setup(void **state);
int teardown(void **state);

/* What callbacks got. */
extern int n_done, last_error;
extern char *last_message;
extern struct vdpa_info last_info;
extern bool had_info;
void done_cb(void *aux, const struct vdpa_result *);

/* sysfs.  Paths are relative to its root. */
void make_dir(const char *path);
void make_file(const char *path, const char *text);

/* Device 'name' with driver 'driver' or NULL. */
void make_device(const char *name, const char *driver);
void remove_device(const char *name);

/* Makes another device of that name, which somebody else deleted. */
void replace_device(const char *name, const char *driver);

/* The vhost device of 'name' is "/dev/DEV" with numbers 'numbers', and there
 * are 'refs' references to the module. */
void make_vhost(const char *name, const char *dev, const char *numbers,
                const char *refs);

/* Makes device v0, that this process has open, as "/dev/full".  Returns the
 * descriptor. */
int make_busy(void);

extern const struct vdpa_info v0;

/* The same, bound to 'driver'. */
struct vdpa_info bound(const char *driver, const char *netdev,
                       const char *vhost);

/* Tells the control that there is this device, or none. */
void tell(const struct vdpa_info *);

/* Goes on for a round, and for long enough to do what is to be done. */
void run(void);
void settle(void);

/* Makes all that is under way as old as if the deadline had passed. */
void expire(void);

/* The requests. */
bool nothing_sent(void);

/* Waits for a request with 'cmd' about 'name', which is kept.  answer() and
 * answer_with() answer it, with an errno or what was captured. */
void expect_request(uint8_t cmd, const char *name);
void answer(int error);
void answer_with(const char *capture);

/* Waits for a write of 'text' to 'path', relative to bus/vdpa, and answers
 * it. */
void expect_write(const char *path, const char *text, int error);

/* Number of requests that are pending, of which the last is in the others. */
size_t pending(void);
extern char pending_state[32];
extern size_t n_pending_holders;
extern uint64_t pending_inode;
extern bool pending_late;

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

#endif /* tests/unit/vdpa-control-fixture.h */
