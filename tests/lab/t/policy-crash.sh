# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A node policy, whose daemon is killed after each step, there and back.
#
# lab: secs=1800
# shellcheck disable=SC2016,SC2119,SC2120,SC2154,SC2317 # "theme" uses them.
# shellcheck source=lib/policy.sh
. "$LAB/t/lib/policy.sh"

# Killed after each of the steps that policy/diff tells, there and back.
crashes() {
    local there back step
    ids offload-mode=own
    start
    settle
    ctl_stop
    ids offload-mode=observe
    ids_policy "$VIRTIO2"
    start
    eventually "a plan" 20 ooc_jq policy/diff 'length > 0'
    mapfile -t there < <(ooc_jq policy/diff '.[].step')
    ids offload-mode=own
    eventually "applied" 60 is_applied
    ids offload-mode=observe
    settle
    ids_rm offload-policy-vdpa-policy
    eventually "a plan back" 20 ooc_jq policy/diff 'length > 0'
    mapfile -t back < <(ooc_jq policy/diff '.[].step')
    ids offload-mode=own
    eventually "bare" 60 eval 'is_bare && nothing_left'
    echo "${#there[@]} steps there, ${#back[@]} back"
    check "as many as expected" [ ${#there[@]} -ge 10 ]

    for step in "${there[@]}"; do
        ids_policy "$VIRTIO2"
        kill_at "$step"
        eventually "killed at: $step" 60 is_applied
        ids_rm offload-policy-vdpa-policy
        eventually "and back" 60 eval 'is_bare && nothing_left'
    done
    for step in "${back[@]}"; do
        ids_policy "$VIRTIO2"
        eventually "applied" 60 is_applied
        ids_rm offload-policy-vdpa-policy
        kill_at "$step"
        eventually "killed at: $step" 60 eval 'is_bare && nothing_left'
    done
}

# kill_at STEP: kills the daemon once that, or what comes after it, is
# recorded, and starts it again
kill_at() {
    local text=${1//its driver/*} have seen=
    for _ in {1..20000}; do
        { have=$(<"$record"); } 2>/dev/null
        # shellcheck disable=SC2053 # It is a pattern.
        [[ $have != *'"step": "'$text* ]] || break
        if [[ -n $have && $have != *'"step": ""'* ]]; then
            seen=1
        elif [ -n "$seen" ]; then
            break               # It was too quick.
        fi
    done
    ctl_kill
    start
}

policy_up
policy_themes crashes
finish
