# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# As t/flow-detail.sh, with all flows in the kernel's datapath.
#
# lab: secs=1800 alone
# shellcheck disable=SC2034 # t/flow-detail.sh uses it.
offload=false
# shellcheck source=flow-detail.sh
. "$LAB/t/flow-detail.sh"
