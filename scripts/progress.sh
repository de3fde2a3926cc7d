# shellcheck shell=bash
# Shows a long step to a person: one line that counts seconds on a terminal, a line now and then
# elsewhere. Sourced by the other scripts.

# run_step LABEL LOG ADVICE COMMAND...
# Runs the command with its output in LOG. If it fails, shows the end of the log and the advice,
# and returns the command's exit status.
run_step() {
    local label=$1 log=$2 advice=$3 status=0 started=$SECONDS heartbeat
    shift 3
    mkdir -p "$(dirname "$log")"
    show_elapsed "$label" &
    heartbeat=$!
    # shellcheck disable=SC2064 # the process of now is meant
    trap "kill $heartbeat 2>/dev/null || true" EXIT
    "$@" >"$log" 2>&1 </dev/null || status=$?
    kill "$heartbeat" 2>/dev/null || true
    wait "$heartbeat" 2>/dev/null || true
    trap - EXIT

    [[ ! -t 1 ]] || printf '\r\033[K'
    if ((status == 0)); then
        echo "$label: done ($((SECONDS - started)) s)"
        return
    fi
    {
        echo "$label: FAILED after $((SECONDS - started)) s. The end of $log:"
        tail -n 15 "$log" | sed 's/^/    | /'
        echo "What to do: $advice"
    } >&2
    return "$status"
}

show_elapsed() {
    local label=$1 started=$SECONDS nap=
    # The pause must not outlive this process: it would hold the caller's output and locks open.
    trap '[[ -z $nap ]] || kill "$nap"; exit' TERM
    [[ -t 1 ]] || echo "$label ..."
    while true; do
        if [[ -t 1 ]]; then
            printf '\r\033[K%s ... %d s' "$label" "$((SECONDS - started))"
            pause 1
        else
            pause 15
            echo "    still at it after $((SECONDS - started)) s"
        fi
    done
}

pause() {
    sleep "$1" &
    nap=$!
    wait "$nap"
}
