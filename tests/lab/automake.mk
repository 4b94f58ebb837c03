# SPDX-License-Identifier: Apache-2.0
#
# The lab is run from the sources by utilities/dev; "make" builds nothing here.

EXTRA_DIST += \
	tests/lab/README.md \
	tests/lab/cache.sh \
	tests/lab/guest/lib.sh \
	tests/lab/guest/nldump.c \
	tests/lab/guest/shellrc \
	tests/lab/guest/vhostq.c \
	tests/lab/install-packages \
	tests/lab/kernel/debug.config \
	tests/lab/kernel/init \
	tests/lab/kernel/lab.config \
	tests/lab/kernel/labinit \
	tests/lab/kernel/monotonic.patch \
	tests/lab/mklab \
	tests/lab/nicsim/Makefile \
	tests/lab/nicsim/devlink.c \
	tests/lab/nicsim/flower.c \
	tests/lab/nicsim/forward.c \
	tests/lab/nicsim/indr.c \
	tests/lab/nicsim/main.c \
	tests/lab/nicsim/nicsim.h \
	tests/lab/nicsim/pci.c \
	tests/lab/nicsim/pf.c \
	tests/lab/nicsim/rep.c \
	tests/lab/nicsim/vdpa.c \
	tests/lab/nicsim/vf.c \
	tests/lab/nicsim/wire.c \
	tests/lab/packages \
	tests/lab/vmrun
