# Starting and ending programs: each gets a log, a file with its process id and start time, and one with its command below $state.

# The moment at which a process started, in clock ticks since boot: with it a process id that was given away again is told apart.
started_at() { # pid
  sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

start() { # name command...
  local name=$1
  shift
  mkdir -p "$state/pids" "$state/logs" "$state/commands"
  printf '%q ' "$@" >"$state/commands/$name"
  # In a session of its own, so that a signal to the terminal does not end it.
  setsid nohup "$@" >>"$state/logs/$name.log" 2>&1 </dev/null &
  local pid=$!
  echo "$pid $(started_at "$pid")" >"$state/pids/$name"
}

is_running() { # name
  local pid since
  [[ -f $state/pids/$1 ]] && read -r pid since <"$state/pids/$1" && [[ $(started_at "$pid") == "$since" ]]
}

stop() { # name
  local pid since tries
  is_running "$1" || { rm -f "$state/pids/$1"; return 0; }
  read -r pid since <"$state/pids/$1"
  kill "$pid" 2>/dev/null || true
  for tries in $(seq 100); do
    is_running "$1" || break
    sleep 0.1
  done
  is_running "$1" && kill -9 "$pid" 2>/dev/null
  rm -f "$state/pids/$1"
}

kill_and_start() { # name seconds: without a chance to shut down, and back after a time
  local pid since command
  is_running "$1" || { echo "$1 does not run in $state" >&2; return 1; }
  read -r pid since <"$state/pids/$1"
  kill -9 "$pid"
  sleep "$2"
  command=$(<"$state/commands/$1")
  eval "start $1 $command"
}

wait_until() { # name seconds command...: until the command succeeds, as long as the program that is waited for runs
  local name=$1 deadline=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! is_running "$name" || ((SECONDS > deadline)); then
      echo "$name did not get ready; the end of its log ($state/logs/$name.log):" >&2
      tail -n 20 "$state/logs/$name.log" >&2
      return 1
    fi
    sleep 0.2
  done
}
