# Hosts as network namespaces, sourced by .dev/failover, whose own one is the gateway's host and has the
# switch that leads to the others. They share one kernel, file system and clock. Nothing of them is seen
# from outside, and with the processes they vanish.

declare -A address=([gateway]=10.77.0.1 [pool1]=10.77.0.2 [pool2]=10.77.0.3 [db1]=10.77.0.11 [db2]=10.77.0.12)
declare -A keeper # the process that keeps a host's namespace, by host

open_network() {
    ip link set lo up
    ip link add switch type bridge
    ip address add "${address[gateway]}/24" dev switch
    ip link set switch up
}

has_network() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/$$/ns/net)" ]; }

add_host() { # HOST
    setpriv --pdeathsig KILL -- unshare --net -- sleep infinity 9>&- &
    keeper[$1]=$!
    disown
    await "the network of $1" has_network "${keeper[$1]}"
    ip link add "$1" type veth peer name eth0 netns "${keeper[$1]}"
    ip link set "$1" master switch up
    on "$1" ip link set lo up
    on "$1" ip address add "${address[$1]}/24" dev eth0
    on "$1" ip link set eth0 up
    mkdir -p "$state/$1"
    chmod 700 "$state/$1"
    own "$state/$1"
}

# on HOST COMMAND...: there, as root. The gateway's host is this one.
on() { nsenter --target "${keeper[$1]:-$$}" --net -- "${@:2}"; }

# serve HOST NAME COMMAND...: starts it there as the user who serves.
serve() {
    local log=$state/log/$1-$2.log
    (exec nsenter --target "${keeper[$1]}" --net -- setpriv --reuid=postgres --regid=postgres \
        --init-groups --pdeathsig KILL -- "${@:3}") >>"$log" 2>&1 9>&- &
    disown
}

# served_by HOST: the processes there, but for those of this test.
served_by() {
    local network
    network=$(readlink "/proc/${keeper[$1]}/ns/net")
    find /proc -mindepth 3 -maxdepth 3 -path '/proc/[0-9]*/ns/net' -lname "net:\\[${network//[!0-9]/}\\]" 2>/dev/null |
        cut -d/ -f3 | grep -vx -e "${keeper[$1]}" -e "${witness_pid:-none}" || true
}

# signal HOST SIGNAL
signal() { served_by "$1" | xargs --no-run-if-empty kill "-$2" 2>/dev/null || true; }

is_empty() { [ -z "$(served_by "$1")" ]; }

remove_hosts() {
    local host
    for host in "${!keeper[@]}"; do
        signal "$host" KILL
        await "the end of $host" is_empty "$host"
        kill -KILL "${keeper[$host]}" 2>/dev/null || true
    done
}

# await WHAT COMMAND...: until it succeeds, a minute at most, or `patience` seconds.
await() {
    local until=$((SECONDS + ${patience:-60}))
    while ((SECONDS < until)); do
        ! "${@:2}" >/dev/null 2>&1 || return 0
        sleep 0.1
    done
    fail "$1: not within ${patience:-60} s"
}
