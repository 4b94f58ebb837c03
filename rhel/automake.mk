# SPDX-License-Identifier: Apache-2.0

EXTRA_DIST += \
	rhel/README.md \
	rhel/debian.macros \
	rhel/ovs-offload-controller.spec \
	rhel/ovs-offload-controller.spec.in \
	rhel/rpmlint.toml \
	rhel/selinux/ovs_offload.fc \
	rhel/selinux/ovs_offload.if \
	rhel/selinux/ovs_offload.te \
	tests/lab/rpm/test.sh \
	tests/rpm/check \
	tests/rpm/files \
	tests/rpm/life \
	tests/rpm/policy-needs

# In the tarball, so that "rpmbuild -ta" finds it there.
MAINTAINERCLEANFILES += rhel/ovs-offload-controller.spec
rhel/ovs-offload-controller.spec: rhel/ovs-offload-controller.spec.in \
		configure.ac
	$(AM_V_GEN)$(MKDIR_P) rhel && $(SED) -e 's,[@]VERSION[@],$(VERSION),g' \
	    <$(srcdir)/rhel/ovs-offload-controller.spec.in >$@.tmp && \
	    mv $@.tmp $@
