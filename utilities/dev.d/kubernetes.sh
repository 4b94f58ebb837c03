# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154   # Variables are of several files.
# shellcheck disable=SC2164          # Called where errexit is on.
#
# Manifests and image for Kubernetes: tests/kubernetes/.

# Sets kubernetes_modules, to where the packages of the lock file are; to
# nothing if they cannot be had.
setup_kubernetes() {
    local lock=$top/tests/kubernetes/package-lock.json
    kubernetes_modules=$cache/kubernetes
    cmp -s "$lock" "$kubernetes_modules/package-lock.json" ||
        step "fetch the schemas of Kubernetes" "$cache/log/kubernetes" \
            "$top/tests/kubernetes/fetch" "$lock" "$kubernetes_modules" ||
        kubernetes_modules=
}

stage_kubernetes() {
    if [ -z "$kubernetes_modules" ]; then
        echo "SKIP kubernetes: there is no registry of npm, or it cannot be reached"
        return
    fi
    node "$top/tests/kubernetes/check.cjs" "$kubernetes_modules" "$top"
}

# The Containerfile, step by step, in directories that debootstrap makes, and
# what comes of it in place of a pod.  No container engine is needed, and none is
# tried; it takes root.
stage_containerfile() {
    local version tarball
    package_tarball
    if [ "$(id -u)" != 0 ]; then
        echo "SKIP containerfile: that takes root"
        return
    fi
    "$top/tests/kubernetes/run-containerfile" "$cache/containerfile" \
        "$top/Documentation/kubernetes/Containerfile" \
        "$(dirname "$tarball")" || return
    if [ -z "$kubernetes_modules" ]; then
        echo "SKIP as a pod: there is no registry of npm, or it cannot be reached"
        return
    fi
    "$top/tests/kubernetes/as-pod" "$cache/containerfile/image" \
        "$top/Documentation/kubernetes/daemonset.yaml" "$kubernetes_modules"
}
