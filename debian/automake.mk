# SPDX-License-Identifier: Apache-2.0
#
# The source package is made of the release tarball by "utilities/dev package
# deb".  "make check" compares the version in debian/changelog.

EXTRA_DIST += \
	debian/changelog \
	debian/clean \
	debian/control \
	debian/copyright \
	debian/ovs-offload-controller.README.Debian \
	debian/ovs-offload-controller.docs \
	debian/ovs-offload-controller.examples \
	debian/ovs-offload-controller.lintian-overrides \
	debian/ovs-offload-controller.postrm \
	debian/rules \
	debian/source/format \
	debian/source/lintian-overrides \
	debian/tests/control \
	debian/tests/service
