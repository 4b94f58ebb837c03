# SPDX-License-Identifier: Apache-2.0
#
# "make check" runs every program in check_PROGRAMS, through tests/run-test:
# unit tests as they are, fuzz targets over their corpus.
#
#   CHECK_WRAPPER="valgrind ..."    runs each under that
#   FUZZ_RUNS=N                     after the corpus, N executions more
#                                   (with --enable-fuzz)

LOG_COMPILER = $(SHELL) $(srcdir)/tests/run-test
EXTRA_DIST += \
	tests/kubernetes/as-pod \
	tests/kubernetes/check.cjs \
	tests/kubernetes/fetch \
	tests/kubernetes/package-lock.json \
	tests/kubernetes/package.json \
	tests/kubernetes/run-containerfile \
	tests/lab/demo.sh \
	tests/run-test

AM_TESTS_ENVIRONMENT = \
	srcdir='$(srcdir)'; export srcdir; \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	CHECK_WRAPPER='$(CHECK_WRAPPER)'; export CHECK_WRAPPER; \
	FUZZ_RUNS='$(FUZZ_RUNS)'; export FUZZ_RUNS;
