# SPDX-License-Identifier: Apache-2.0

EXTRA_DIST += debian/README.md
