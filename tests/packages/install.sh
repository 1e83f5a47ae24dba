#!/usr/bin/env bash
# Installs the Debian packages by which packages are tried: clean roots, their systemd, lintian, buildah.
# Does nothing when all are there.
set -euo pipefail

packages=(
    mmdebstrap        # a clean Debian in a folder
    systemd-container # boots it
    lintian           # what Debian asks of a package
    buildah           # builds the image
)

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [[ $status == installed ]] || missing+=("$package")
done
if ((EUID != 0)); then
    echo "Packages are tried in containers of their own, which takes root: run this as root." >&2
    exit 1
fi
((${#missing[@]})) || exit 0
echo "Installing to try packages: ${missing[*]}"
apt-get update --quiet --quiet
DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --quiet --no-install-recommends "${missing[@]}" </dev/null >/dev/null
