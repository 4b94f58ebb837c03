# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154   # Variables are of several files.
# shellcheck disable=SC2164          # Called where errexit is on.
#
# The tests.  A stage is a function whose output is its log; each line in there
# that begins with PASS, FAIL or SKIP and a blank is a result.

# In the order in which they run; "lab" runs beside the others.
stages=(static unit clang valgrind fuzz daemon ovs-newer distcheck kubernetes rpm deb lab)

# Run when they are named.
stages_more=(packages rpm-service containerfile lab-6.12 lab-ovs-newer)

check_list() {
    cat <<'END'
  static      cppcheck, clang --analyze, shellcheck, mandoc -Tlint
  unit        unit tests, with AddressSanitizer and UBSan, gcc -Werror
  clang       everything compiles with clang -Werror; unit tests
  valgrind    unit tests, and daemon tests but those of the client, under valgrind
  fuzz        fuzz targets, a fixed number of executions of each
  daemon      the daemon with a real ovsdb-server, built as for "unit"
  ovs-newer   build and unit tests with the next Debian's Open vSwitch
  distcheck   make distcheck
  kubernetes  manifests, against the published schemas
  rpm         the RPM: built, looked at, and installed, upgraded and erased in
              a Debian of its own
  deb         the Debian package: built, lintian, and its life in the lab, from
              installation to purge, on a Debian 12 with systemd
  lab         the lab, and the daemon in it, built as for "unit"
END
}

check_list_more() {
    cat <<'END'
  packages    as "deb", with all flags of packages, built and tried on Debian 12
              and on 13; the latter's build takes root
  rpm-service what the RPM does to the service, in the lab, on a Debian 12 with
              systemd
  containerfile
              the Containerfile, done in a chroot, and its image as a pod
  lab-6.12    as "lab", on a newer kernel, of Debian's backports
  lab-ovs-newer
              the lab's tests of flows and documents, with the next Debian's
              Open vSwitch
END
}

fuzz_runs=100000

do_check() {
    local stage wanted=() start=$SECONDS
    for stage; do
        [[ " ${stages[*]} ${stages_more[*]} " == *" $stage "* ]] ||
            usage_error check "no stage \"$stage\""
    done
    for stage in "${stages[@]}"; do
        [[ $# == 0 || " $* " == *" $stage "* ]] && wanted+=("$stage")
    done
    for stage in "${stages_more[@]}"; do
        [[ " $* " == *" $stage "* ]] && wanted+=("$stage")
    done

    check_prepare "${wanted[@]}"
    rm -rf "$work/check"
    mkdir -p "$work/check"
    [[ " ${wanted[*]} " != *" lab "* ]] || check_begin lab
    for stage in "${wanted[@]}"; do
        if [ "$stage" != lab ]; then
            check_begin "$stage"
            check_end "$stage"
        fi
    done
    [[ " ${wanted[*]} " != *" lab "* ]] || check_end lab
    check_summary $((SECONDS - start))
}

# check_prepare STAGE...: what these depend on.  A failure here is the end.
check_prepare() {
    local packages=("$lib/packages") stage
    for stage; do
        [[ $stage != lab* && $stage != rpm-service ]] ||
            packages+=("$top/tests/lab/packages")
        [[ $stage != rpm* ]] || packages+=("$lib/packages-rpm")
        [[ $stage != deb && $stage != packages ]] ||
            packages+=("$lib/packages-deb" "$top/tests/lab/packages")
        [[ $stage != containerfile ]] ||
            packages+=("$lib/packages-containerfile")
    done
    setup_packages "${packages[@]}"
    setup_ovs
    for stage; do
        case $stage in
        lab) setup_lab
             build_asan
             build_release ;;
        lab-6.12) setup_lab -K 6.12
                  build_asan
                  build_release ;;
        lab-ovs-newer) setup_lab -O "$newer_release"
                       setup_ovs_newer ;;
        unit | daemon) build_asan ;;
        valgrind | distcheck) build_release ;;
        kubernetes) setup_kubernetes ;;
        containerfile) build_release
                       setup_kubernetes ;;
        rpm) build_release
             setup_selinux_policy
             setup_rpm_root ;;
        deb) setup_deb bookworm ;;
        rpm-service) build_release
                     setup_lab
                     setup_rpm_root
                     setup_rpm_tree ;;
        packages) setup_deb bookworm "$newer_release" ;;
        ovs-newer) setup_ovs_newer ;;
        esac
    done
}

check_begin() {
    job_begin "$1" "check $1" "$work/check/$1.log" "stage_${1//[-.]/_}"
}

# Results of the stages that are over.
check_lines=()
check_passed=0
check_failed=0

check_end() {
    local log=$work/check/$1.log rc=0 passed failed skipped
    job_end "$1" || rc=$?
    passed=$(grep -c '^PASS ' "$log") || true
    failed=$(grep -c '^FAIL ' "$log") || true
    skipped=$(grep -c '^SKIP ' "$log") || true
    if [ "$rc" != 0 ] && [ "$failed" = 0 ]; then
        failed=1
        tail -n 30 "$log"
    fi
    check_say "$log"
    check_passed=$((check_passed + passed))
    check_failed=$((check_failed + failed))
    check_lines+=("$(printf '%-13s %5d passed, %d failed, %d skipped, %d s' \
        "$1" "$passed" "$failed" "$skipped" "$job_took")")
}

# check_say LOG: what failed or was skipped, with what the log says on that:
# the lines that are set off, up to 400 of them.
check_say() {
    awk '/^FAIL / { failed = 1 }
         /^(FAIL|SKIP) / || (/^    / && failed && n++ < 400)' "$1"
}

check_summary() {
    echo
    printf '%s\n' "${check_lines[@]}"
    printf 'all of it: %d s, logs in %s\n' "$1" "$work/check"
    printf '%d passed, %d failed\n' "$check_passed" "$check_failed"
    [ "$check_failed" = 0 ] && [ "$check_passed" != 0 ]
}

# --- stages ----------------------------------------------------------------

# result NAME COMMAND...: PASS if it succeeds.  Not for functions that rely on
# errexit.
result() {
    local name=$1
    shift
    if "$@"; then
        echo "PASS $name"
    else
        echo "FAIL $name"
    fi
}

stage_static() {
    local scripts
    cd "$top"
    result cppcheck cppcheck --quiet -j "$(nproc)" --std=c11 --language=c \
        --enable=warning,performance,portability --inline-suppr \
        --suppressions-list="$lib/cppcheck" --error-exitcode=1 \
        -I . -D__linux__ controller netlink ovsdb utilities tests/unit \
        tests/fuzz
    mapfile -t scripts < <(shell_scripts)
    # SC2119, SC2120: arguments that no caller in sight gives.
    result shellcheck shellcheck -x -e SC2119,SC2120 "${scripts[@]}"
    build_clang
    result "clang --analyze" make -s -C "$work/clang" clang-analyze
    result dist-check make -s -C "$work/clang" dist-check
    result manuals make -s -C "$work/clang" manpage-check
}

# Shell scripts of the tree, by their first line or their name.
shell_scripts() {
    find . \( -path ./.git -o -path ./_build -o -path ./build-aux -o \
              -path ./autom4te.cache -o -name "configure*" \) -prune -o \
        -type f -print0 |
        xargs -0 awk 'FNR == 1 {
                          if (/^#!.*[\/ ](ba)?sh( |$)/ ||
                              FILENAME ~ /\.sh$|\/completion\/ovs-offload$/)
                              print FILENAME
                          nextfile
                      }' | sort
}

# unit_results DIR KIND LOG: prints the results of the programs that "make
# check" in DIR ran, of KIND "unit" or "fuzz", and in its output LOG.
unit_results() {
    local trs log name
    for trs in "$1/tests/$2"/*.trs; do
        [ -e "$trs" ] || continue
        log=${trs%.trs}.log
        name=tests/$2/$(basename "$trs" .trs)
        awk -v name="$name" -v result="$(
                sed -n 's/^:test-result: //p' "$trs")" '
            /^\[       OK \] / { print "PASS " name ": " $4; passed++ }
            /^\[  FAILED  \] [^ ]+$/ {
                if (!seen[$4]++) { print "FAIL " name ": " $4; failed++ }
            }
            /^\[  SKIPPED \] [^ ]+$/ { if (!seen[$4]++) print "SKIP " name ": " $4 }
            END {
                # A program that is none of cmocka, or died.
                if (result != "PASS" && !failed)
                    print "FAIL " name
                else if (result == "PASS" && !passed)
                    print "PASS " name
            }' "$log"
        # Set off, as its lines are no results.
        grep -q '^:test-result: PASS' "$trs" ||
            tail -n 100 "$log" | sed 's/^/    /'
    done
}

# unit_check DIR MAKE-ARG...: "make check" there, then the results.
unit_check() {
    local dir=$1 rc=0
    shift
    rm -f "$dir"/tests/{unit,fuzz}/*.{trs,log}
    # Its own PASS lines are of programs, ours of tests.
    make -C "$dir" -j"$(nproc)" check "$@" >"$dir/check.out" 2>&1 || rc=$?
    unit_results "$dir" unit
    unit_results "$dir" fuzz
    [ "$rc" = 0 ] || tail -n 30 "$dir/check.out" | sed 's/^/    /'
    return "$rc"
}

stage_unit() {
    unit_check "$work/asan"
}

stage_clang() {
    build_clang
    echo "PASS clang -Werror"
    unit_check "$work/clang"
}

valgrind_command="valgrind --quiet --leak-check=full \
--errors-for-leak-kinds=definite,indirect,possible \
--show-leak-kinds=definite,indirect,possible"

stage_valgrind() {
    local dir=$work/check/valgrind report rc=0 tests
    # One round in ten of the random tests: they take most of the time.
    TEST_ROUNDS_DIVISOR=10 unit_check "$work/release" \
        CHECK_WRAPPER="$valgrind_command --error-exitcode=99" || rc=$?

    # The daemon detaches, so what valgrind has to say goes to files.  Leaks are
    # the business of stage "daemon": many of these tests end the process where
    # it stands, and what libnl's constructors allocate is then "lost".
    mkdir -p "$dir"
    cat >"$dir/daemon" <<END
#!/bin/sh
exec valgrind --quiet --vgdb=no --log-file=$dir/report.%p \\
    $work/release/controller/ovs-offload-controller "\$@"
END
    chmod +x "$dir/daemon"
    # Those of the client ask it for what others do, too.
    mapfile -t tests < <("$top/tests/daemon/run" -l | grep -v '^client')
    DAEMON=$dir/daemon WAIT=60 BUILDDIR=$work/release \
        "$top/tests/daemon/run" "${tests[@]}" || rc=$?
    for report in "$dir"/report.*; do
        if [ -s "$report" ]; then
            cat "$report"
            echo "FAIL valgrind: $report"
            rc=1
        fi
    done
    return "$rc"
}

stage_fuzz() {
    build_fuzz
    unit_check "$work/fuzz" FUZZ_RUNS="$fuzz_runs" \
        TESTS="$(cd "$top" && echo tests/fuzz/fuzz-*.c | sed 's/\.c\>//g')"
}

stage_daemon() {
    BUILDDIR=$work/asan "$top/tests/daemon/run"
}

stage_lab() {
    # Memory is measured without the sanitizers.
    BUILDDIR=$work/asan "$top/tests/lab/run" \
        -e RELEASE_BUILDDIR="$work/release"
}

stage_lab_6_12() {
    BUILDDIR=$work/asan "$top/tests/lab/run" -K 6.12 \
        -e RELEASE_BUILDDIR="$work/release"
}

# build_newer STAGE: against that Open vSwitch; fails, with a SKIP, if there is
# none.
build_newer() {
    if [ -z "$ovs_newer_dir" ]; then
        echo "SKIP $1: no openvswitch-source of $newer_release"
        return 1
    fi
    ovs_dir=$ovs_newer_dir
    build_variant ovs-newer --enable-Werror
    echo "PASS build with $(basename "$ovs_newer_dir")"
}

stage_ovs_newer() {
    build_newer ovs-newer || return 0
    unit_check "$work/ovs-newer"
}

# Flows are printed as by the libopenvswitch that the programs are built with,
# so that is of the same release.
stage_lab_ovs_newer() {
    build_newer lab-ovs-newer || return 0
    BUILDDIR=$work/ovs-newer "$top/tests/lab/run" -O "$newer_release" \
        t/demo t/docs t/dp-flow t/explain t/flow t/pairing t/report
}

stage_distcheck() {
    result distcheck make -C "$work/release" -j"$(nproc)" distcheck
}
