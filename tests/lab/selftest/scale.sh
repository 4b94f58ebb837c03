# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# 128 VFs a PF, and thousands of rules, in no time.
. "$LAB/guest/lib.sh"

# took SINCE: seconds since that value of 'now'
took() {
    centiseconds
    echo $(((now - $1) / 100))
}

limit=$((15 * ${LAB_SLOW:-1}))        # Seconds; "run -d" is slow.

centiseconds
started=$now
check "128 VFs, then switchdev mode" nic_up 128 num_pfs=2 total_vfs=128
check "in time" test "$(took "$started")" -le "$limit"
equal "VF 127" 0000:66:0f.7 "$(vf_addr 127)"
equal "VF ports" 128 "$(devlink port show | grep -c pcivf)"
check "the last representor" rep_of 127
second=/sys/bus/pci/devices/$(pf_addr 1)
echo 128 >"$second/sriov_numvfs"
equal "VF 0 of PF 1" 0000:67:00.0 "$(basename "$(readlink "$second/virtfn0")")"
check "fewer VFs" eval "echo 0 >$PF/sriov_numvfs && echo 2 >$PF/sriov_numvfs"
equal "VF ports" 2 "$(devlink port show | grep -c pcivf)"

a=$(rep_of 0) b=$(rep_of 1) n=2000
ip link set "$a" up
ip link set "$b" up
tc qdisc add dev "$a" ingress
for ((i = 1; i <= n; i++)); do
    printf 'filter add dev %s ingress prio 2 protocol ip flower dst_mac 02:00:00:%02x:%02x:%02x action mirred egress redirect dev %s cookie %032x\n' \
        "$a" $((i >> 16)) $((i >> 8 & 255)) $((i & 255)) "$b" $i
done >/tmp/batch
centiseconds
started=$now
check "$n rules" tc -b /tmp/batch
equal "rules in hardware" $n \
    "$(tc -s filter show dev "$a" ingress | grep -c in_hw_count)"
check "they go" tc qdisc del dev "$a" ingress
check "in time" test "$(took "$started")" -le "$limit"
