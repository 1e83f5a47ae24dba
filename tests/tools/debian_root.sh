#!/usr/bin/env bash
# Makes the root of a Debian 12 with systemd and a broker in the folder $1; further packages may follow.
# What is there already and was made of the same packages stays: it takes half a minute, and the registry.
set -euo pipefail

root=$1
shift
packages=(systemd systemd-sysv dbus python3 procps iproute2 mosquitto "$@")
made_of="bookworm ${packages[*]}"
[[ $(cat "$root.made-of" 2>/dev/null) == "$made_of" ]] && exit 0

echo "Making the root of a Debian 12 in $root ..."
rm -rf "$root" "$root.made-of"
mkdir -p "$(dirname "$root")"
mmdebstrap --quiet --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" bookworm "$root"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
# It is given one when it boots.
: >"$root/etc/machine-id"
echo "$made_of" >"$root.made-of"
