#!/usr/bin/env bash
# Installs the Debian packages that the tests use: a real broker and its clients, SIP phones to be
# told, promtool. Does nothing when all are there; starts none of their services.
set -euo pipefail

packages=(
    mosquitto          # a broker for every test that claims reliability
    mosquitto-clients  # mosquitto_pub and mosquitto_sub, as people use them
    openssl            # certificates for TLS
    curl               # what the pages type
    jq                 # and what they read the answers with
    sip-tester         # sipp
    baresip-core       # a softphone
    linphone-cli       # another one
    twinkle-console    # and a third: they publish presence
    chromium-headless-shell # a browser, for the status page
    prometheus         # promtool, and the server that the dashboard asks
    libmosquitto-dev   # the load generator is written in C
    systemd            # systemd-analyze, which judges the units
    faketime           # a clock that jumps
    gcc
    libc6-dev          # what gcc needs to make a program
)

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

as_root=()
if ((EUID != 0)); then
    as_root=(sudo)
fi
if ! command -v apt-get >/dev/null || ! command -v "${as_root[@]:-true}" >/dev/null; then
    echo "The tests need these Debian packages, and installing them takes apt-get and root: ${missing[*]}" >&2
    exit 1
fi

# Debian asks this program before it starts a service; 101 means no (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
fi

echo "Installing for the tests: ${missing[*]}"
"${as_root[@]}" apt-get update --quiet --quiet
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --quiet --no-install-recommends "${missing[@]}" </dev/null >/dev/null
