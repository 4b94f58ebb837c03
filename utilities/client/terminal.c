/* SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "utilities/client/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

#define CSI "\033["

/* Of a terminal that does not know. */
#define DEFAULT_WIDTH 80

static enum terminal_color color = TERMINAL_COLOR_AUTO;

static struct termios saved;    /* Of standard input. */
static int keys_fd = -1;        /* Standard input; poll_block() takes 0 for no
                                 * descriptor. */

void
terminal_size(size_t *width, size_t *height)
{
    struct winsize ws;
    bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws);

    *width = known ? ws.ws_col : 0;
    *height = known ? ws.ws_row : 0;
}

bool
terminal_is_screen(void)
{
    const char *term = getenv("TERM");

    return isatty(STDOUT_FILENO) && (!term || strcmp(term, "dumb"));
}

void
terminal_set_color(enum terminal_color mode)
{
    color = mode;
}

bool
terminal_wants_color(void)
{
    const char *no_color = getenv("NO_COLOR");

    return (color == TERMINAL_COLOR_AUTO
            ? terminal_is_screen() && (!no_color || !no_color[0])
            : color == TERMINAL_COLOR_ALWAYS);
}

size_t
terminal_table_width(void)
{
    const char *columns = getenv("COLUMNS");
    size_t width, height;
    unsigned int n;

    if (!isatty(STDOUT_FILENO)) {
        return 0;
    }
    if (columns && str_to_uint(columns, 10, &n) && n) {
        return n;
    }
    terminal_size(&width, &height);
    return width ? width : DEFAULT_WIDTH;
}

static void
restore(void *aux OVS_UNUSED)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

bool
terminal_open_keys(void)
{
    struct termios keys;

    /* A process in the background would be stopped. */
    if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp()
        || tcgetattr(STDIN_FILENO, &saved)) {
        return false;
    }
    keys_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    if (keys_fd < 0) {
        return false;
    }
    fatal_signal_add_hook(restore, NULL, NULL, true);
    keys = saved;
    keys.c_lflag &= ~(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    return !tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

int
terminal_read_key(void)
{
    struct pollfd pfd = { .fd = keys_fd, .events = POLLIN };
    char key;

    if (poll(&pfd, 1, 0) <= 0) {
        return 0;
    }

    ssize_t n = read(keys_fd, &key, 1);
    return (n > 0 ? (unsigned char) key
            : n < 0 && (errno == EINTR || errno == EAGAIN) ? 0
            : -1);
}

void
terminal_wait(void)
{
    poll_fd_wait(keys_fd, POLLIN);
}

/* Both ends of a pipe, as poll_block() goes on after a signal. */
static int resized[2] = { -1, -1 };

static void
note_resized(int signal OVS_UNUSED)
{
    int saved_errno = errno;

    /* If it is full there is enough to be read. */
    ignore(write(resized[1], "", 1));
    errno = saved_errno;
}

void
terminal_watch_size(void)
{
    struct sigaction action = {
        .sa_handler = note_resized, .sa_flags = SA_RESTART,
    };

    if (resized[0] < 0 && !pipe2(resized, O_CLOEXEC | O_NONBLOCK)) {
        sigaction(SIGWINCH, &action, NULL);
    }
}

bool
terminal_resized(void)
{
    char buf[64];
    bool any = false;

    while (resized[0] >= 0 && read(resized[0], buf, sizeof buf) > 0) {
        any = true;
    }
    return any;
}

void
terminal_wait_resized(void)
{
    if (resized[0] >= 0) {
        poll_fd_wait(resized[0], POLLIN);
    }
}

void
terminal_clear(void)
{
    fputs(CSI "H" CSI "2J", stdout);
}

void
terminal_draw(const char *text)
{
    size_t len = strlen(text);

    /* Rather than to clear the screen first, which flickers, clear what is
     * left of each line and below.  Without a newline at the end, by which the
     * screen would scroll. */
    fputs(CSI "H", stdout);
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\n') {
            putchar(text[i]);
        } else {
            fputs(i + 1 < len ? CSI "K\r\n" : CSI "K", stdout);
        }
    }
    fputs(CSI "J", stdout);
    fflush(stdout);
}
