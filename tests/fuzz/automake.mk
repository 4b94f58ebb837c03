# SPDX-License-Identifier: Apache-2.0
#
# Fuzz targets.  With --enable-fuzz (and CC=clang) they are libFuzzer programs;
# else tests/fuzz/replay.c runs the inputs in the corpus, with any compiler.
# A target's block:
#
#   check_PROGRAMS += tests/fuzz/fuzz-NAME
#   tests_fuzz_fuzz_NAME_SOURCES = tests/fuzz/fuzz-NAME.c $(FUZZ_MAIN)
#   tests_fuzz_fuzz_NAME_LDADD = ovsdb/libovsview.a $(FUZZ_LIBS)
#   EXTRA_DIST += tests/fuzz/corpus/NAME
#
# tests/fuzz/corpus/NAME/ must not be empty.

FUZZ_LIBS = $(FUZZ_LDFLAGS) $(OVS_LIBS)
if ENABLE_FUZZ
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay.c
endif
