# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Metrics and health over HTTP (offload-metrics), with clients that behave and
# such as do not.

ADDRESS=127.0.0.1:9475

client() {
    "$SRCDIR/tests/metrics/client.py" "$ADDRESS" "$@" 2>>"$T/client.stderr"
}

# What the server says: get PATH [HEADER]...
get() {
    client get GET "$@"
}

# The body only.
body() {
    get "$@" | sed '1,/^$/d'
}

# status METHOD PATH
status() {
    client get "$1" "$2" | sed -n '1s/ .*//p'
}

# status_is STATUS METHOD PATH
status_is() {
    is "$(status "$2" "$3")" "$1" "$2 $3"
}

# Is it?  answers STATUS METHOD PATH
answers() {
    test "$(status "$2" "$3")" = "$1"
}

wait_listening() {
    wait_json status : '.metrics.state == "listening"'
}

# wait_error PART
wait_error() {
    wait_json status : ".metrics | .state == \"error\" and
        (.error | contains(\"$1\"))"
}

start_metrics() {
    start_fresh_ovsdb
    set_ids "offload-metrics=$ADDRESS"
    start_daemon
    wait_listening
}

# Value of a sample in a scrape on standard input: sample 'NAME{LABELS}'
sample() {
    awk -v want="$1" 'substr($0, 1, length(want) + 1) == want " " {
        print $NF }'
}

# promtool [ARG]..., or skip the test.
need_promtool() {
    command -v promtool >/dev/null || skip "promtool is not installed"
}

# N pods on br-int, in one transaction: ovs-vsctl would take its time.
add_pods() {
    vsctl --no-wait --may-exist add-br br-int
    jq -nc --argjson n "$1" '["Open_vSwitch"] + [range($n) |
        {op: "insert", table: "Interface", "uuid-name": "i\(.)",
         row: {name: "pod\(.)", external_ids: ["map",
            [["iface-id", "ns_pod-\(.)"], ["sandbox", "0123"],
             ["iface-id-ver", "uid"]]]}},
        {op: "insert", table: "Port", "uuid-name": "p\(.)",
         row: {name: "pod\(.)", interfaces: ["named-uuid", "i\(.)"]}}]
        + [{op: "mutate", table: "Bridge", where: [["name", "==", "br-int"]],
            mutations: [["ports", "insert",
                ["set", [range($n) | ["named-uuid", "p\(.)"]]]]]}]' \
        >"$T/transaction"
    # As an argument it would be too long.
    python3 - "$T/db.sock" "$T/transaction" <<'END'
import json, socket, sys
sock = socket.socket(socket.AF_UNIX)
sock.connect(sys.argv[1])
with open(sys.argv[2]) as file:
    sock.sendall(json.dumps({"method": "transact", "id": 0,
                             "params": json.load(file)}).encode())
text = ""
while True:
    text += sock.recv(1 << 20).decode()
    try:
        answer = json.loads(text)
        break
    except ValueError:
        pass
sys.exit(answer["error"] or any("error" in r for r in answer["result"]
                                if r))
END
}

# Is the daemon slow, as under valgrind?
is_slow() {
    test "$WAIT" -gt 20
}

# coverage NAME
coverage() {
    ctl coverage/read-counter "$1"
}

test_pages() {
    start_metrics
    is "$(get /healthz)" "200 text/plain; charset=utf-8

ok"
    eventually answers 200 GET /readyz
    is "$(body /readyz | jq -c .)" '{"ready":true,"reasons":[]}'
    status_is 200 HEAD /metrics
    is "$(client get HEAD /metrics | wc -l)" 2
    status_is 200 GET "/metrics?x=y"
    status_is 200 GET http://localhost/healthz
    status_is 404 GET /
    status_is 404 GET /metrics/x
    status_is 404 POST /x
    status_is 405 POST /metrics
    status_is 405 DELETE /healthz
    status_is 405 OPTIONS /readyz
    status_is 501 TRACE /metrics
    wait_json status : '.metrics.connected == 0'
}

test_formats() {
    local om='application/openmetrics-text; version=1.0.0; charset=utf-8'
    local plain='text/plain; version=0.0.4; charset=utf-8'
    start_metrics
    is "$(get /metrics | head -n1)" "200 $plain"
    is "$(get /metrics "Accept: */*" | head -n1)" "200 $plain"
    # As Prometheus asks.
    is "$(get /metrics "Accept: application/openmetrics-text;version=1.0.0,$(
        )application/openmetrics-text;version=0.0.1;q=0.75,text/plain;$(
        )version=0.0.4;q=0.5,*/*;q=0.1" | head -n1)" "200 $om"
    body /metrics >"$T/plain"
    body /metrics "Accept: application/openmetrics-text" >"$T/om"
    is "$(tail -n1 "$T/om")" "# EOF"
    is "$(grep -c EOF "$T/plain")" 0
    is "$(grep -c '^# UNIT' "$T/plain")" 0
    contains "$(cat "$T/om")" "# TYPE ovs_offload_build info"
    contains "$(cat "$T/om")" "# TYPE ovs_offload_interface_bytes counter
# UNIT ovs_offload_interface_bytes bytes
ovs_offload_interface_bytes_total{"
    contains "$(cat "$T/plain")" \
        "# TYPE ovs_offload_interface_bytes_total counter"
    # No series twice.
    is "$(grep -v '^#' "$T/om" | sed 's/ [^ ]*$//' | sort | uniq -d)" ""
    is "$(sample ovs_offload_ovsdb_synced <"$T/om")" 1
    is "$(sample 'ovs_offload_source_synced{source="link"}' <"$T/om")" 1
}

# Documentation/metrics.md has all, as they are, and Prometheus likes them.
test_reference() {
    start_metrics
    add_pods 1
    vsctl --no-wait add-port br-int x
    request 0000:65:00.1 iface-id=a
    synced
    body /metrics "Accept: application/openmetrics-text" >"$T/om"
    is "$("$SRCDIR/tests/metrics/reference.py" check \
        "$SRCDIR/Documentation/metrics.md" "$T/om")" ""
    # It finds differences.
    sed 's/_round_duration_seconds/_round_seconds/; s/result=/r=/' "$T/om" \
        >"$T/bad"
    is "$("$SRCDIR/tests/metrics/reference.py" check \
        "$SRCDIR/Documentation/metrics.md" "$T/bad" | grep -c .)" 6
    contains "$(cat "$T/om")" "ovs_offload_interface_flows{$(
        )interface=\"pod0\",kind=\"pod\",namespace=\"ns\",pod=\"pod-0\",$(
        )direction=\"egress\",offload=\"hardware\"} 0"
    need_promtool
    body /metrics >"$T/plain"
    is "$(promtool check metrics <"$T/plain" 2>&1)" ""
}

# Alerts and the dashboard use no metric that is not, and no word that
# Prometheus does not understand.
test_monitoring() {
    local dir=$SRCDIR/Documentation/monitoring
    is "$("$SRCDIR/tests/metrics/reference.py" uses \
        "$SRCDIR/Documentation/metrics.md" "$dir"/alerts.yml \
        "$dir"/dashboard.json)" ""
    is "$(jq -r '[.panels[].id] | length == (unique | length)' \
        "$dir/dashboard.json")" true
    need_promtool
    promtool check rules "$dir/alerts.yml"
    promtool test rules "$dir/alerts-test.yml"
    # Each expression, as a rule.
    jq '{groups: [{name: "dashboard", rules: [.panels[].targets[].expr
        | gsub("[$](instance|namespace)"; ".*")
        | gsub("[$]__rate_interval"; "5m")
        | {record: "x", expr: .}]
        | to_entries | map(.value + {labels: {n: "\(.key)"}})}]}' \
        "$dir/dashboard.json" >"$T/dashboard.yml"
    promtool check rules "$T/dashboard.yml"
    # It tells what is wrong.
    sed 's/ovs_offload_ports/ovs_offload_port/' "$dir/alerts.yml" >"$T/bad"
    contains "$("$SRCDIR/tests/metrics/reference.py" uses \
        "$SRCDIR/Documentation/metrics.md" "$T/bad")" \
        "ovs_offload_port: there is no such metric"
}

# Where the key says, and as it changes.
test_key() {
    local bad
    start_fresh_ovsdb
    start_daemon
    json_is "off null" status : '.metrics | "\(.state) \(.address)"'
    set_ids "offload-metrics=$ADDRESS"
    synced
    wait_listening
    status_is 200 GET /healthz

    ip addr show lo | grep -q inet6 || ip addr add ::1/128 dev lo
    ADDRESS="[::1]:9476"
    set_ids "offload-metrics=$ADDRESS"
    synced
    wait_listening
    status_is 200 GET /healthz
    fails 1 "$SRCDIR/tests/metrics/client.py" 127.0.0.1:9475 get GET /healthz

    # A bad value is told, and the last good one stays.
    for bad in 127.0.0.1:0 localhost:9475 unix:x; do
        set_ids "offload-metrics=$bad"
        synced
        contains "$(status_of '.config.errors["offload-metrics"]')" \
            "\"$bad\" is not IP:PORT"
        json_is "$ADDRESS" status : .metrics.address
    done
    status_is 200 GET /healthz
    is "$(body /metrics | sample ovs_offload_config_errors)" 1

    # Connections do not outlive it.
    mkfifo "$T/end"
    client hold 3 'GET /h' <"$T/end" >"$T/held" &
    exec 7>"$T/end"
    eventually grep connected "$T/held"
    wait_json status : '.metrics.connected == 3'
    del_id offload-metrics
    wait_json status : '.metrics | .state == "off" and .connected == 0'
    exec 7>&-
    wait $!
    is "$(tail -n1 "$T/held")" 3
    json_is "{}" status : '.config.errors | tostring'
}

test_unix_socket() {
    ADDRESS=unix:$T/metrics.sock
    start_metrics
    is "$(stat -c '%a %F' "$T/metrics.sock")" "660 socket"
    status_is 200 GET /metrics
    # One that was left behind is replaced, a live one is not.
    kill_daemon
    test -S "$T/metrics.sock"
    start_daemon
    wait_listening
    TARGET=second start_daemon
    TARGET=second wait_error "another server listens here"
    is "$(TARGET=second n_in_log 'WARN.*another server listens here')" 1
    status_is 200 GET /healthz
    TARGET=second stop_daemon
    test -S "$T/metrics.sock"

    rm "$T/metrics.sock"
    eventually test -S "$T/metrics.sock"
    wait_listening
    status_is 200 GET /healthz
    set_ids "offload-metrics=unix:$T/no/such"
    wait_error "cannot watch this directory"
    mkdir "$T/no"
    wait_listening
    stop_daemon
    test ! -e "$T/no/such"
}

# A port that another one has.
test_busy_port() {
    start_metrics
    TARGET=second start_daemon
    TARGET=second wait_error "127.0.0.1:9475: Address already in use"
    is "$(TARGET=second n_in_log 'WARN.*offload-metrics: .*in use')" 1
    status_is 200 GET /healthz
    stop_daemon
    TARGET=second wait_listening
    status_is 200 GET /healthz
    TARGET=second stop_daemon
}

test_not_ready() {
    start_metrics
    eventually answers 200 GET /readyz
    stop_ovsdb
    wait_json status : '.ovsdb.connected | not'
    status_is 503 GET /readyz
    is "$(body /readyz | jq -c .)" "{\"ready\":false,\"reasons\":[\"database: \
no connection to $DB\"]}"
    status_is 200 GET /healthz
    is "$(body /metrics | sample ovs_offload_ovsdb_connected)" 0
    start_ovsdb
    eventually answers 200 GET /readyz

    set_ids offload-policy-p=numVfs=x
    synced
    status_is 503 GET /readyz
    contains "$(body /readyz | jq -r '.reasons[]')" "policy, p: "
    del_id offload-policy-p
    eventually answers 200 GET /readyz
}

# Labels of names that others chose.
test_hostile_names() {
    local long
    long=$(printf 'x%.0s' {1..500})
    start_metrics
    vsctl --no-wait add-br br-int
    local name
    for name in 'a"b}' 'c\d' $'e\nf' $'ö\t' h; do
        vsctl --no-wait add-port br-int "$name"
    done
    vsctl --no-wait set Interface h "external_ids:iface-id=n_$long" \
        external_ids:sandbox=01 external_ids:iface-id-ver=u
    synced
    body /metrics "Accept: application/openmetrics-text" >"$T/om"
    contains "$(cat "$T/om")" '{interface="a\"b}",kind='
    contains "$(cat "$T/om")" '{interface="c\\d",kind='
    contains "$(cat "$T/om")" '{interface="e\\x0af",kind='
    contains "$(cat "$T/om")" '{interface="ö\\x09",kind='
    contains "$(cat "$T/om")" "namespace=\"n\",pod=\"${long:0:256}\","
    ! grep -q "${long:0:257}" "$T/om"
    if command -v promtool >/dev/null; then
        is "$(body /metrics | promtool check metrics 2>&1)" ""
    fi
}

# Are no rows made, although the main loop turns?
is_blocked() {
    local before
    before=$(coverage metrics_turn)
    ctl status >/dev/null
    test "$(coverage metrics_turn)" = "$before"
}

# A scrape of many pods comes in pieces, and others get their turn.
test_many_pods() {
    local rows turns all n=1000
    # Enough for what the kernel takes off our hands.
    ! is_slow || n=300
    start_metrics
    add_pods $n
    synced
    body /metrics >"$T/first"
    is "$(grep -c '^ovs_offload_interface_flows{interface="pod' \
        "$T/first")" $((4 * n))
    rows=$(coverage metrics_row)
    turns=$(coverage metrics_turn)
    test "$rows" -ge $((4 * n))
    test "$rows" -le $((turns * 64)) || fail "$rows rows in $turns turns"

    # In the middle of it, as somebody does not read on.
    all=$turns
    mkfifo "$T/go"
    client stall /metrics <"$T/go" >"$T/stalled" &
    exec 7>"$T/go"
    eventually grep stalled "$T/stalled"
    json_is 1 status : .metrics.connected
    eventually is_blocked
    turns=$(coverage metrics_turn)
    test "$turns" -lt $((2 * all)) || fail "all was sent at once"
    vsctl --no-wait del-port br-int pod7
    json_is true status : '.metrics.scrapes == 2'
    status_is 200 GET /healthz
    # Nobody works for who does not read.
    is "$(coverage metrics_turn)" "$turns"
    echo >&7
    exec 7>&-
    wait $!
    sed 1d "$T/stalled" | grep -c '^ovs_offload_interface_flows{interface="pod' |
        { read -r rows; is "$rows" $((4 * n)); }
    is "$(sed 1d "$T/stalled" | tail -n1)" "$(tail -n1 "$T/first")"
    # It is as of one moment: what went meanwhile is there, and as a whole.
    is "$(sed 1d "$T/stalled" | grep -c 'interface="pod7",')" 12
}

# While rows come and go, all others are told, each of them once.
test_churn() {
    local churn n=300
    start_metrics
    add_pods $n
    synced
    while true; do
        vsctl --no-wait add-port br-int x -- add-port br-int y
        vsctl --no-wait del-port x -- del-port y
    done &
    churn=$!
    while test "$(coverage metrics_snapshot)" -lt 8; do
        body /metrics | grep '^ovs_offload_interface_flows{interface="pod' |
            sed 's/ [0-9]*$//' >"$T/series"
        is "$(wc -l <"$T/series")" $((4 * n))
        is "$(sort "$T/series" | uniq -d)" ""
    done
    kill $churn
    wait $churn 2>/dev/null || true
}

# What is more than the limit is one row.
test_limit() {
    if is_slow; then
        skip "it would take long"
    fi
    start_metrics
    add_pods 4200
    synced
    body /metrics >"$T/all"
    is "$(grep -c '^ovs_offload_interface_flows{interface="pod' "$T/all")" \
        $((4 * 4096))
    is "$(sample 'ovs_offload_rows_omitted{rows="interfaces"}' <"$T/all")" 105
    grep -q '^ovs_offload_interface_bytes_total{interface="",kind="other"' \
        "$T/all"
}

test_flood() {
    start_metrics
    add_pods 50
    synced
    is "$(client flood 16 5 /metrics)" 80
    is "$(client flood 1 500 /healthz)" 500
    # Many scrapes look at the tables once a second.
    test "$(coverage metrics_snapshot)" -lt 80
    client flood 40 2 /metrics >"$T/good"
    status_is 200 GET /healthz
    wait_json status : '.metrics | .connected == 0 and .connections > 17'
}

test_malformed() {
    local text
    start_metrics
    while read -r text; do
        printf '%b' "$text" | client raw >"$T/raw"
        if grep -q ' 200 ' "$T/raw"; then
            fail "200 for $text"
        fi
    done <<'END'
\r\n
GET\r\n\r\n
GET /metrics\r\n\r\n
GET /metrics HTTP/9.9\r\n\r\n
GET /metrics FTP/1.1\r\n\r\n
G\0T /metrics HTTP/1.1\r\n\r\n
PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n
GET /metrics HTTP/1.1\r\nno colon\r\n\r\n
POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello
POST /metrics HTTP/1.1\r\nContent-Length: -5\r\n\r\n
POST /metrics HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n
POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx
\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03
END
    {
        printf 'GET /metrics HTTP/1.1\r\nX: '
        head -c 100000 /dev/zero | tr '\0' x
        printf '\r\n\r\n'
    } | client raw >"$T/raw"
    if grep -q ' 200 ' "$T/raw"; then
        fail "a huge header was taken"
    fi
    head -c 300000 /dev/urandom | client raw >"$T/raw"
    status_is 200 GET /healthz
    # Several requests at once, one after the other.
    printf 'GET /healthz HTTP/1.1\r\n\r\n%.0s' {1..20} >"$T/many"
    printf 'GET /healthz HTTP/1.0\r\n\r\n' >>"$T/many"
    is "$(client raw <"$T/many" | grep -c ' 200 ')" 21
    wait_json status : '.metrics.connected == 0'
}

# Those who take too long are closed.
test_slow_clients() {
    start_metrics
    add_pods 500
    synced
    mkfifo "$T/end"
    client hold 4 'GET /metr' <"$T/end" >"$T/half" &
    exec 7>"$T/end"
    client hold 4 'GET /metrics HTTP/1.1\r\n\r\n' <"$T/end" 7>&- \
        >"$T/unread" &
    eventually grep connected "$T/half"
    eventually grep connected "$T/unread"
    wait_json status : '.metrics | .connected == 0 and .timeouts == 8 and
        .scrapes == 4'
    exec 7>&-
    wait
    is "$(tail -n1 "$T/half")" 4
}

# More than fit: who is quiet makes room, and nobody is locked out.
test_many_clients() {
    start_metrics
    mkfifo "$T/end"
    client hold 40 'GET /' <"$T/end" >"$T/held" &
    exec 7>"$T/end"
    eventually grep connected "$T/held"
    # Those who do not go on are closed meanwhile, where all is slow.
    wait_json status : '.metrics | .connections == 40 and .connected <= 16 and
        .refused + .displaced > 0 and
        .refused + .displaced + .timeouts + .connected == 40'
    eventually answers 200 GET /healthz
    exec 7>&-
    wait $!
    wait_json status : '.metrics.connected == 0'
}

# Without descriptors nobody is accepted, nor is the processor kept busy.
test_no_descriptors() {
    start_metrics
    without_descriptors get /healthz >"$T/told"
    is "$(tail -n1 "$T/told")" ok
    json_true status : '.metrics.accept_errors | . > 0 and . < 100'
}

# What passed is what flow/report says.
test_traffic() {
    local packet i
    start_ovs
    set_ids "offload-metrics=$ADDRESS"
    ln -sf ovs-vswitchd.ctl "$T/ovs-vswitchd.$(pid_of ovs-vswitchd).ctl"
    vsctl add-br br-user -- set Bridge br-user datapath_type=netdev \
        -- add-port br-user u0 -- set Interface u0 ofport_request=1 \
           external_ids:iface-id=ns_pod external_ids:sandbox=0123 \
           external_ids:iface-id-ver=uid \
        -- add-port br-user u1 -- set Interface u1 ofport_request=2
    ovs-ofctl add-flow "unix:$T/br-user.mgmt" in_port=1,actions=output:2
    start_daemon
    synced
    wait_listening
    packet='in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a)'
    packet+=',eth_type(0x0800),ipv4(src=10.0.0.2,dst=10.0.0.1,proto=1,tos=0'
    packet+=',ttl=64,frag=no),icmp(type=8,code=0)'
    for ((i = 0; i < 5; i++)); do
        ovs-appctl -T "$WAIT" -t "$T/ovs-vswitchd.ctl" \
            netdev-dummy/receive u0 "$packet" >/dev/null
    done
    # packets INTERFACE KIND NS POD DIRECTION OFFLOAD
    packets() {
        body /metrics | sample "ovs_offload_interface_packets_total$(
            )$(printf '{interface="%s",kind="%s",namespace="%s",pod="%s",' \
                "$1" "$2" "$3" "$4")direction=\"$5\",offload=\"$6\"}"
    }
    # Each scrape has what the one before led to be read.
    # shellcheck disable=SC2317    # Called by "eventually".
    some_passed() {
        test "$(packets u0 pod ns pod egress software)" -ge 4
    }
    eventually some_passed
    # shellcheck disable=SC2317    # Likewise.
    as_reported() {
        test "$(packets u0 pod ns pod egress software)" = \
            "$(json flow/report --pod=ns/pod : \
                '.interfaces[0].egress.passed.sw.packets')"
    }
    eventually as_reported
    is "$(packets u1 port "" "" ingress software)" \
        "$(packets u0 pod ns pod egress software)"
    is "$(packets u0 pod ns pod egress hardware)" 0
    is "$(body /metrics | sample \
        'ovs_offload_flows{source="flows-userspace"}')" 1
}

# Nobody wakes up for a connection that is merely kept open.
test_idle() {
    local scrape pause
    start_metrics
    # Let what comes after the start be over.
    client keep 1 >/dev/null
    scrape=$(client keep 0)
    # No event tells that nothing happens.
    pause=$(client keep 7)
    test "$pause" -lt $((scrape + 5)) ||
        fail "$pause turns with a pause, $scrape without"
}
