#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes "configure" and "Makefile.in" from a checkout.  Release tarballs
# already have them.

set -e
cd "$(dirname "$0")"

for tool in autoreconf automake pkg-config; do
    command -v $tool >/dev/null || {
        echo "boot.sh: $tool is missing; install autoconf, automake and" \
             "pkg-config (Fedora: pkgconf-pkg-config)" >&2
        exit 1
    }
done
exec autoreconf --install --force "$@"
