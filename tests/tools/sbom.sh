#!/usr/bin/env bash
# Writes what the Debian package and the image contain, as CycloneDX: sbom.sh PYTHON WHEEL FILE. PYTHON has pip and
# cyclonedx-bom. Equal inputs give equal files; SOURCE_DATE_EPOCH is their time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python=$1 wheel=$2 file=$3
venv=$(mktemp -d)
trap 'rm -rf "$venv"' EXIT

"$python" -m venv --without-pip "$venv"
install=("$python" -m pip --disable-pip-version-check --python "$venv/bin/python" install --quiet --no-compile --no-deps)
"${install[@]}" --require-hashes --requirement systemd/debian/requirements.lock
"${install[@]}" "$wheel"
# Where it was on this machine belongs to nobody's list.
rm -f "$venv"/lib/python*/site-packages/*.dist-info/direct_url.json
# cyclonedx-bom takes the version of what it describes from there only.
sed "s/^dynamic = .*/version = \"$(basename "$wheel" | cut -d- -f2)\"/" pyproject.toml >"$venv/pyproject.toml"
"$python" -m cyclonedx_py environment --pyproject "$venv/pyproject.toml" --mc-type application --output-reproducible \
    --spec-version 1.6 --output-file "$file" "$venv"
