# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion, by the functions that shells call.

CLIENT=${CLIENT:-$BUILDDIR/utilities/ovs-offload}
COMPLETION=$SRCDIR/utilities/completion

# An iface-id that is a trap for whoever expands it.
# shellcheck disable=SC2016
TRAP='trap_$(touch trap)`touch trap`;x y'

start_all() {
    start_ovs
    fake_vfs 0000:65:00 2
    add_pod_row p0 ns pod
    vsctl wait-until Interface p0 'ofport!=[]'
    set_ids offload-mode=own
    request vdpa:0000:65:00.1 "iface-id=ns_other"
    request 0000:65:00.2 "iface-id=$TRAP"
    start_daemon
    synced
    # With patience, as the daemon may run under valgrind.  What is run in an
    # interactive shell is written down.
    mkdir -p "$T/bin"
    cat >"$T/bin/ovs-offload" <<END
#! /bin/bash
case \$1 in
__complete) exec $CLIENT __complete -- -T $WAIT "\${@:3}" ;;
esac
printf '<%s>' "\$@" >>$T/words
echo >>$T/words
END
    chmod +x "$T/bin/ovs-offload"
    # By the name of the daemon, as users have it.
    ln -sf "$TARGET.ctl" "$T/$TARGET.$(pid_of "$TARGET").ctl"
}

# The words that COMPREPLY has for the last of COMP_WORDS: bash_words WORD...
bash_words() {
    PATH=$T/bin:$PATH bash --norc -c '
        set -u
        . "$0"
        COMP_WORDS=(ovs-offload "$@")
        COMP_CWORD=$#
        _ovs_offload ovs-offload "" ""
        printf "%s\n" ${COMPREPLY[@]+"${COMPREPLY[@]}"}' \
        "$COMPLETION/ovs-offload" "$@" | paste -sd' '
}

# As above, for a line that bash divides: bash_line LINE
bash_line() {
    PATH=$T/bin:$PATH bash --norc -c '
        set -u
        . "$0"
        COMP_LINE=$1
        COMP_POINT=${#1}
        # As readline does, for lines without quotes.
        mapfile -t COMP_WORDS < <(grep -oE "[^ :=@]+|[:=@]+" <<<"$1")
        if [[ $1 == *" " ]]; then
            COMP_WORDS+=("")
        fi
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _ovs_offload ovs-offload "" ""
        printf "%s\n" ${COMPREPLY[@]+"${COMPREPLY[@]}"}' \
        "$COMPLETION/ovs-offload" "$1" | paste -sd' '
}

test_bash() {
    local quoted
    start_all
    is "$(bash_words port "")" "attach detach list show"
    is "$(bash_words por)" "port"
    contains " $(bash_words port show "") " " 0000:65:00.1 0000:65:00.2 "
    contains " $(bash_words port show "") " " ns_other "
    is "$(bash_words port show 0000 : 65 : 00.2)" "00.2"
    is "$(bash_words flow report --pod = ns)" "ns/pod"
    is "$(bash_words -o "")" "csv json table wide yaml"
    is "$(bash_line "ovs-offload port show 0000:65:00.2")" "00.2"
    is "$(bash_line "ovs-offload port show 0000:")" "65:00.1 65:00.2"
    is "$(bash_line "ovs-offload port detach vdpa:")" "0000:65:00.1"
    is "$(bash_line "ovs-offload port detach v")" "vdpa:0000:65:00.1"
    is "$(bash_line "ovs-offload flow report --pod=n")" "ns/pod"
    is "$(bash_line "ovs-offload vdpa bind x ")" "vhost_vdpa virtio_vdpa"
    is "$(bash_line "ovs-offload flow report --to")" "--top="

    # What has to be quoted is, so that it is a word again; nothing of it is
    # carried out.
    quoted=$(bash_line "ovs-offload port show trap")
    is "$(bash -c "printf %s $quoted")" "$TRAP"
    is "$(bash_words port show "${quoted:0:8}")" "$quoted"
    test ! -e "$T/trap"

    # Files.
    cd "$T/bin" || return
    is "$(bash_line "ovs-offload flow parse ovs")" ovs-offload

    # The daemon that the line names.
    rm "$T/$TARGET.$(pid_of "$TARGET").ctl"
    is "$(bash_line "ovs-offload port detach v")" ""
    is "$(bash_line "ovs-offload -t $T/$TARGET.ctl port detach v")" \
        "vdpa:0000:65:00.1"
    stop_daemon
    is "$(bash_line "ovs-offload port show ")" ""
    is "$(bash_line "ovs-offload port ")" "attach detach list show"
    is "$(PATH=$T/bin:$PATH ovs-offload __complete -- port show "" 2>&1)" \
        ":words"
}

# A shell in which somebody hits Tab.
test_bash_interactive() {
    command -v script >/dev/null || skip "there is no script (bsdutils)"
    start_all
    mkfifo "$T/keys"
    PATH=$T/bin:$PATH TERM=dumb INPUTRC=/dev/null script -qefc \
        "bash --norc --noprofile -i" /dev/null <"$T/keys" >"$T/screen" 2>&1 &
    exec 9>"$T/keys"
    {
        printf '. %s\r' "$COMPLETION/ovs-offload"
        printf 'ovs-offload por\tdet\tvd\t\r'
        printf 'ovs-offload flow rep\t--pod=n\t--to\t3\r'
        printf 'ovs-offload port sh\t0000:65:00.2\t\r'
        printf 'ovs-offload explain tr\t\r'
        printf 'exit\r'
    } >&9
    wait $!
    exec 9>&-
    is "$(cat "$T/words")" "<port><detach><vdpa:0000:65:00.1>
<flow><report><--pod=ns/pod><--top=3>
<port><show><0000:65:00.2>
<explain><$TRAP>"
    test ! -e "$T/trap"
}

# zsh_words WORD...: what it would add.
zsh_words() {
    PATH=$T/bin:$PATH zsh -f -c '
        compadd() {
            while [[ $1 != -- ]]; do shift; done
            shift
            (( ! $# )) || print -rl -- "$@"
        }
        _files() { print FILES; }
        file=$1
        shift
        words=("$@")
        CURRENT=$#
        . $file' zsh "$COMPLETION/_ovs-offload" ovs-offload "$@" |
        paste -sd' '
}

test_zsh() {
    command -v zsh >/dev/null || skip "there is no zsh"
    start_all
    is "$(zsh_words port "")" "attach detach list show"
    is "$(zsh_words por)" "port"
    is "$(zsh_words port show 0000:65:00.2)" "0000:65:00.2"
    is "$(zsh_words flow report --pod=ns)" "--pod=ns/pod"
    is "$(zsh_words port show trap)" "$TRAP"
    is "$(zsh_words port show 'trap_\$\(')" "$TRAP"
    is "$(zsh_words flow report --to)" "--top="
    is "$(zsh_words flow parse "")" "FILES"
    test ! -e "$T/trap"
    stop_daemon
    is "$(zsh_words port show "")" ""
    # The file is one that zsh's completion loads by its name.
    is "$(head -n1 "$COMPLETION/_ovs-offload")" "#compdef ovs-offload"
    contains "$(zsh -f -c 'fpath=($1 $fpath); autoload -Uz compinit
        compinit -u -d $2; print $_comps[ovs-offload]' zsh "$COMPLETION" \
        "$T/zcompdump")" "_ovs-offload"
}

# A zsh in which somebody hits Tab, on a terminal that zsh itself makes.
test_zsh_interactive() {
    command -v zsh >/dev/null || skip "there is no zsh"
    zsh -f -c 'zmodload zsh/zpty' 2>/dev/null || skip "zsh has no zpty"
    start_all
    mkdir "$T/zdot" "$T/fpath"
    cp "$COMPLETION/_ovs-offload" "$T/fpath/"
    # A prompt that can be waited for, as it has a number; no menus, no beeps.
    cat >"$T/zdot/.zshrc" <<END
fpath=($T/fpath \$fpath)
autoload -Uz compinit
compinit -u -d $T/zcompdump
unsetopt auto_menu list_beep beep
PS1="READY %h> "
END
    cat >"$T/zdot/type" <<'END'
zmodload zsh/zpty
T=$1
shift
cd $T/bin
zpty shell "PATH=$T/bin:$PATH TERM=dumb ZDOTDIR=$T/zdot zsh -i"
await() {
    # Reads until there is that pattern; patience is that of the caller.
    local text
    zpty -r -m shell text "*$1*" || { print -r -- "no $1"; exit 1 }
    print -rn -- "$text"
}
integer n=1
await "READY $n> "
for keys wanted in "$@"; do
    zpty -w -n shell ${(g::)keys}
    await "${wanted:-READY $((++n))> }"
done
zpty -w shell exit
zpty -d shell
END
    timeout "$((WAIT * 5))" zsh -f "$T/zdot/type" "$T" \
        'ovs-offload por\tdet\tvd\t\r' "" \
        'ovs-offload flow rep\t--pod=n\t--to\t3\r' "" \
        'ovs-offload port sh\t0000:65:00.2\t\r' "" \
        'ovs-offload -o y\tport li\t\r' "" \
        'ovs-offload flow parse ./o\t\r' "" \
        'ovs-offload policy \t' "apply*delete*diff*list*set*show" \
        'sh\tx\r' "" \
        'ovs-offload explain tr\t\r' "" >"$T/screen" 2>&1
    is "$(cat "$T/words")" "<port><detach><vdpa:0000:65:00.1>
<flow><report><--pod=ns/pod><--top=3>
<port><show><0000:65:00.2>
<-o><yaml><port><list>
<flow><parse><./ovs-offload>
<policy><show><x>
<explain><$TRAP>"
    test ! -e "$T/trap"
}
