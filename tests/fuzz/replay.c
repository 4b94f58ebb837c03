/* SPDX-License-Identifier: Apache-2.0 */

/* Runs a fuzz target over the files named on the command line, and those in
 * directories named there, once each.  In the place of libFuzzer's main(). */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fail(const char *what, const char *name)
{
    fprintf(stderr, "%s: %s: %s\n", name, what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void
replay_file(const char *name, off_t size)
{
    /* Exactly as large as the input, so that sanitizers and valgrind see a
     * read past its end. */
    uint8_t *data = malloc(size ? size : 1);
    FILE *stream = fopen(name, "rb");

    if (!data || !stream) {
        fail("open", name);
    }
    if (size && fread(data, size, 1, stream) != 1) {
        fail("read", name);
    }
    fclose(stream);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

/* Returns the number of inputs that were run. */
static unsigned int
replay(const char *name)
{
    unsigned int n = 0;
    struct dirent *entry;
    struct stat s;
    DIR *dir;

    if (stat(name, &s)) {
        fail("stat", name);
    }
    if (!S_ISDIR(s.st_mode)) {
        replay_file(name, s.st_size);
        return 1;
    }

    dir = opendir(name);
    if (!dir) {
        fail("opendir", name);
    }
    while ((entry = readdir(dir)) != NULL) {
        char path[4096];

        if (entry->d_name[0] == '.') {
            continue;
        }
        if (snprintf(path, sizeof path, "%s/%s", name, entry->d_name)
            >= (int) sizeof path) {
            errno = ENAMETOOLONG;
            fail("open", name);
        }
        n += replay(path);
    }
    closedir(dir);
    return n;
}

int
main(int argc, char *argv[])
{
    unsigned int n = 0;

    for (int i = 1; i < argc; i++) {
        n += replay(argv[i]);
    }
    printf("%u inputs\n", n);
    return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
