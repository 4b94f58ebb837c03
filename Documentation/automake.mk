# SPDX-License-Identifier: Apache-2.0

man_MANS += \
	Documentation/ovs-offload.1 \
	Documentation/ovs-offload-controller.5 \
	Documentation/ovs-offload-controller.8
EXTRA_DIST += \
	Documentation/ovs-offload.1.in \
	Documentation/ovs-offload-controller.5.in \
	Documentation/ovs-offload-controller.8.in
CLEANFILES += $(man_MANS)

# With the directories of the libopenvswitch that is linked in.
SUFFIXES += .1 .1.in .5 .5.in .8 .8.in
substitute_dirs = $(MKDIR_P) Documentation && $(SED) \
	-e 's,[@]OVS_RUNDIR[@],$(OVS_RUNDIR),g' \
	-e 's,[@]datadir[@],$(datadir),g' \
	-e 's,[@]localstatedir[@],$(localstatedir),g' \
	-e 's,[@]OVS_LOGDIR[@],$(OVS_LOGDIR),g' <$< >$@.tmp && mv $@.tmp $@
.1.in.1:
	$(AM_V_GEN)$(substitute_dirs)
.5.in.5:
	$(AM_V_GEN)$(substitute_dirs)
.8.in.8:
	$(AM_V_GEN)$(substitute_dirs)
