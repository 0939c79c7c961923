#!/bin/bash
# engine.sh start|stop|kill   the engine of the throwaway host this runs in; `start` and `stop` return when it is done
set -eu
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
folder=/run/engine
. "$folder/env"

root=
enter=()
if [ "$THROWAWAY_TREE" != / ]; then
  root=$folder/root
  enter=(nsenter --target "$(cat "$folder/root.pid")" --mount --)
fi

pid() { cat "$folder/pid" 2>/dev/null; }

is_running() { [ -n "$(pid)" ] && kill -0 "$(pid)" 2>/dev/null; }

start_docker() {
  exec "${enter[@]}" dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/docker.pid" \
    --host "$DOCKER_HOST" --host unix:///run/docker.sock --exec-opt native.cgroupdriver=cgroupfs \
    --cgroup-parent "/$THROWAWAY_NAME" "$@"
}

start_podman() {
  "$here/podman-setup.sh" "$root"
  mkdir -p /run/podman
  ln -sfn "${DOCKER_HOST#unix://}" /run/podman/podman.sock
  rm -f "${DOCKER_HOST#unix://}"
  exec "${enter[@]}" podman "$@" system service --time=0 "$DOCKER_HOST"
}

gone() {
  for _ in {1..3000}; do
    is_running || return 0
    sleep 0.01
  done
  echo "throwaway host: $THROWAWAY_ENGINE does not stop" >&2
  exit 1
}

case $1 in
  start)
    rm -f "$folder/docker.pid"
    mapfile -t extra < <(printf %s "$THROWAWAY_ENGINE_ARGS")
    (
      export TMPDIR=$folder/tmp
      trap '' INT HUP
      "start_$THROWAWAY_ENGINE" "${extra[@]}"
    ) >>"$folder/log" 2>&1 </dev/null &
    echo $! >"$folder/pid"
    node "$here/ready.mjs" $! || {
      echo "throwaway host: $THROWAWAY_ENGINE did not come up; the end of its log:" >&2
      tail -n 20 "$folder/log" >&2
      exit 1
    }
    ;;
  stop)
    ! is_running || kill "$(pid)"
    gone
    ;;
  kill)
    ! is_running || kill -9 "$(pid)"
    gone
    ;;
esac
