#!/bin/bash
# podman-setup.sh ROOT   ('' for the host's own)
# Makes podman work where the machine is itself confined, and keep everything it writes in the throwaway host's memory.
set -eu
folder=/run/engine
root=$1

mkdir -p "$root/etc/containers" "$folder/bin"
cat >"$root"/etc/containers/containers.conf <<END
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
[engine.runtimes]
runc = ["$folder/bin/runc"]
[network]
network_backend = "netavark"
END
cat >"$root"/etc/containers/storage.conf <<END
[storage]
driver = "overlay"
graphroot = "$folder/data"
runroot = "$folder/storage"
END

# Podman has no setting for the parent of its control groups, which would stay behind in libpod_parent when the host is killed.
cat >"$folder/bin/runc" <<END
#!/bin/bash
for arg; do
  if [ "\${previous-}" = --bundle ] && [ -e "\$arg/config.json" ]; then
    sed -i 's,"cgroupsPath":"/libpod_parent/,"cgroupsPath":"/$THROWAWAY_NAME/,' "\$arg/config.json"
  fi
  previous=\$arg
done
exec $(chroot "${root:-/}" sh -c 'command -v runc') "\$@"
END
chmod 755 "$folder/bin/runc"
