#!/usr/bin/env bash
# Draws docs/dashboard.png with Grafana's components, from a file of tests/tools/dashboard_data.py:
# draw.sh RECORDED.json PICTURE.png. Needs node, npm, and Debian's chromium-headless-shell, fonts-inter and pngquant.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
recorded=$(realpath "$1")
picture=$(realpath --canonicalize-missing "$2")
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

npm install --prefix "$here" --silent --ignore-scripts --no-audit --no-fund --no-package-lock

printf 'globalThis.DASHBOARD = %s;\nglobalThis.RECORDED = %s;\n' "$(<"$here/../presence-bridge.json")" "$(<"$recorded")" >"$work/data.js"
"$here/node_modules/.bin/esbuild" "$here/page.jsx" --bundle --jsx=automatic --minify --log-level=error \
    --loader:.svg=dataurl --loader:.ttf=dataurl --define:process.env.NODE_ENV='"production"' --outfile="$work/page.js"
printf '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="page.css"><div id="page"></div><script src="data.js"></script><script src="page.js"></script>' >"$work/page.html"

# As tall as the dashboard: its rows of 38 pixels, and the margins.
rows=$(grep --only-matching --perl-regexp '"y": \K\d+' "$here/../presence-bridge.json" | sort --numeric-sort | tail -1)
chromium-headless-shell --no-sandbox --hide-scrollbars --force-device-scale-factor=1 --virtual-time-budget=8000 \
    --enable-logging=stderr --log-level=0 --window-size="1500,$(((rows + 7) * 38 + 20))" \
    --screenshot="$work/page.png" "file://$work/page.html" 2>"$work/browser.log"
if grep --quiet 'Uncaught' "$work/browser.log"; then
    grep 'CONSOLE' "$work/browser.log" >&2
    exit 1
fi
pngquant --force --output "$picture" 256 "$work/page.png"
echo "$picture: $(stat --format=%s "$picture") bytes"
