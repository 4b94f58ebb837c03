# SPDX-License-Identifier: Apache-2.0
#
# Tests of documents: "make docs-check", tests/daemon/test-documents.sh and
# tests/lab/t/docs.sh use these.

EXTRA_DIST += \
	tests/docs/check \
	tests/docs/manuals \
	tests/docs/members \
	tests/docs/pages.py \
	tests/docs/steps
