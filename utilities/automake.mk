# SPDX-License-Identifier: Apache-2.0

EXTRA_DIST += \
	utilities/dev \
	utilities/dev.d/build.sh \
	utilities/dev.d/check.sh \
	utilities/dev.d/cppcheck \
	utilities/dev.d/kubernetes.sh \
	utilities/dev.d/lab.sh \
	utilities/dev.d/package-rpm.sh \
	utilities/dev.d/package-deb.sh \
	utilities/dev.d/package.sh \
	utilities/dev.d/packages-deb \
	utilities/dev.d/packages \
	utilities/dev.d/packages-containerfile \
	utilities/dev.d/packages-rpm \
	utilities/dev.d/progress.sh \
	utilities/dev.d/setup.sh

noinst_LIBRARIES += utilities/libclient.a
utilities_libclient_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBYAML_CFLAGS)
utilities_libclient_a_SOURCES = \
	utilities/client/answer.c \
	utilities/client/answer.h \
	utilities/client/await-daemon.c \
	utilities/client/catalog.c \
	utilities/client/catalog.h \
	utilities/client/client.c \
	utilities/client/client.h \
	utilities/client/command-list.c \
	utilities/client/command-list.h \
	utilities/client/complete-command.c \
	utilities/client/complete.c \
	utilities/client/complete.h \
	utilities/client/daemon-command.c \
	utilities/client/grid.c \
	utilities/client/grid.h \
	utilities/client/help.c \
	utilities/client/policy-apply.c \
	utilities/client/policy-yaml.c \
	utilities/client/policy-yaml.h \
	utilities/client/flow-watch.c \
	utilities/client/print-answer.c \
	utilities/client/snapshot-command.c \
	utilities/client/snapshot-filter.c \
	utilities/client/snapshot-private.h \
	utilities/client/snapshot.c \
	utilities/client/snapshot.h \
	utilities/client/terminal.c \
	utilities/client/terminal.h \
	utilities/client/text-width.c \
	utilities/client/text-width.h \
	utilities/client/topology-command.c \
	utilities/client/topology.c \
	utilities/client/topology.h \
	utilities/client/vdpa-ask.c \
	utilities/client/vdpa-ask.h \
	utilities/client/vdpa-device.c \
	utilities/client/vdpa-device.h \
	utilities/client/vdpa-domain-xml.c \
	utilities/client/vdpa-env.c \
	utilities/client/watch-command.c \
	utilities/client/watch-sample.c \
	utilities/client/watch-sample.h \
	utilities/client/watch-view.c \
	utilities/client/watch-view.h \
	utilities/client/yaml-put.c \
	utilities/client/yaml-put.h

bin_PROGRAMS += utilities/ovs-offload
utilities_ovs_offload_SOURCES = utilities/ovs-offload.c
utilities_ovs_offload_LDADD = \
	utilities/libclient.a \
	controller/libcontroller.a \
	netlink/libkernel.a \
	$(OVS_LIBS) \
	$(LIBYAML_LIBS)

# Completion for shells, by the names under which these look for it.
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = utilities/completion/ovs-offload
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = utilities/completion/_ovs-offload
