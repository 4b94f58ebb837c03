# SPDX-License-Identifier: Apache-2.0
#
# What runs the daemon as a service, for all packages.  Only the unit is
# installed by "make install", to where configure's --with-systemdsystemunitdir
# says; the other files have places and names of the distribution's.

systemd_generated = \
	utilities/systemd/ovs-offload-controller.logrotate \
	utilities/systemd/ovs-offload-controller.service \
	utilities/systemd/ovs-offload-controller.tmpfiles
EXTRA_DIST += \
	utilities/systemd/ovs-offload-controller.default \
	utilities/systemd/ovs-offload-controller.logrotate.in \
	utilities/systemd/ovs-offload-controller.service.in \
	utilities/systemd/ovs-offload-controller.sysusers \
	utilities/systemd/ovs-offload-controller.tmpfiles.in \
	utilities/systemd/vdpa.modules-load
CLEANFILES += $(systemd_generated)
ALL_LOCAL += $(systemd_generated)

if INSTALL_SYSTEMD_UNIT
systemdsystemunit_DATA = utilities/systemd/ovs-offload-controller.service
endif

# systemd wants /run by its name.
substitute_systemd = $(MKDIR_P) utilities/systemd && $(SED) \
	-e 's,[@]OVS_RUNDIR[@],$(OVS_RUNDIR),g' \
	-e 's,/var/run/,/run/,g' \
	-e 's,[@]bindir[@],$(bindir),g' \
	-e 's,[@]sbindir[@],$(sbindir),g' \
	-e 's,[@]localstatedir[@],$(localstatedir),g' <$< >$@.tmp && \
	mv $@.tmp $@

utilities/systemd/ovs-offload-controller.logrotate: \
		$(srcdir)/utilities/systemd/ovs-offload-controller.logrotate.in Makefile
	$(AM_V_GEN)$(substitute_systemd)
utilities/systemd/ovs-offload-controller.service: \
		$(srcdir)/utilities/systemd/ovs-offload-controller.service.in Makefile
	$(AM_V_GEN)$(substitute_systemd)
utilities/systemd/ovs-offload-controller.tmpfiles: \
		$(srcdir)/utilities/systemd/ovs-offload-controller.tmpfiles.in Makefile
	$(AM_V_GEN)$(substitute_systemd)
