#!/usr/bin/env bash
# Builds the Debian package of a wheel: build.sh WHEEL PIP FOLDER. PIP is a Python that has pip. Needs Debian 12,
# whose Python the package will use, and dpkg-deb. Equal wheels and a SOURCE_DATE_EPOCH give equal packages.
set -euo pipefail
umask 022

wheel=$(realpath "$1")
pip=$2
folder=$(realpath "$3")
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
checkout=$(realpath "$here/../..")
python=python3.11
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1577836800}"

if [[ $(/usr/bin/python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])') != "$python" ]]; then
    echo "The package is for Debian 12 and must be built there: /usr/bin/python3 is not $python." >&2
    exit 1
fi

# 1.0rc1 comes before 1.0, which Debian writes 1.0~rc1.
version=$(basename "$wheel" | cut -d- -f2 | sed -E 's/(a|b|rc|\.dev)([0-9]+)/~\1\2/')-1
architecture=$(dpkg --print-architecture)
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

root=$stage/root
lib=$root/usr/lib/presence-bridge

# A virtual environment that is one by its pyvenv.cfg, and has nothing else: no pip, no activate.
virtual_environment() {
    mkdir -p "$lib/bin"
    ln -s /usr/bin/python3 "$lib/bin/python3"
    printf 'home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n' >"$lib/pyvenv.cfg"
    local install=("$pip" -m pip --disable-pip-version-check --python "$lib/bin/python3" install
        --quiet --no-compile --no-deps --root-user-action ignore)
    "${install[@]}" --only-binary :all: --require-hashes --requirement "$here/requirements.lock"
    "${install[@]}" "$wheel"
}

# Commands of the libraries, and what tells where and how they were installed.
only_what_runs() {
    find "$lib/bin" -mindepth 1 ! -name python3 -delete
    local site=$lib/lib/$python/site-packages
    find "$site" -path '*.dist-info/*' \( -name direct_url.json -o -name REQUESTED \) -delete
    # What pip has recorded and is gone; hashes of what it has written with the path of this folder.
    sed -i -E '\#^\.\./\.\./\.\./bin/#d; \#/(direct_url\.json|REQUESTED),#d' "$site"/*.dist-info/RECORD
    rm -rf "$lib/include" "$lib/share/man" "$lib/share/doc"
}

program() {
    # -I: nothing in the environment or the current folder changes what is imported.
    cat >"$lib/bin/presence-bridge" <<'END'
#!/usr/lib/presence-bridge/bin/python3 -I
import sys

from bridge.cli import main

sys.exit(main())
END
    chmod 755 "$lib/bin/presence-bridge"
    mkdir -p "$root/usr/bin" "$root/usr/share"
    ln -s ../lib/presence-bridge/bin/presence-bridge "$root/usr/bin/presence-bridge"
    ln -s ../lib/presence-bridge/share/presence-bridge "$root/usr/share/presence-bridge"
}

# The units and the configuration, as the program itself installs them.
service() {
    "$lib/bin/python3" -I -B - "$stage/files" >"$stage/said" <<'END'
import sys

from bridge.cli import main

sys.argv[0] = "/usr/bin/presence-bridge"
sys.exit(main(["install-files", "--dir", sys.argv[1]]))
END
    mkdir -p "$root/lib/systemd" "$root/etc"
    rm -rf "$stage/files/etc/systemd/system/presence-bridge.service.d" # not for Debian 12's systemd
    mv "$stage/files/etc/systemd/system" "$root/lib/systemd/system"
    mv "$stage/files/etc/presence-bridge" "$root/etc/presence-bridge"
    sed -i 's#/usr/local/share/presence-bridge#/usr/share/presence-bridge#' "$root/etc/presence-bridge/config.toml"
}

documents() {
    local doc=$root/usr/share/doc/presence-bridge
    mkdir -p "$doc" "$root/usr/share/lintian/overrides"
    sed -e "/@LICENSE@/{r $checkout/LICENSE" -e 'd}' "$here/copyright" >"$doc/copyright"
    gzip -9n <"$checkout/CHANGELOG.md" >"$doc/changelog.gz"
    printf 'presence-bridge (%s) unstable; urgency=medium\n\n  * See changelog.gz.\n\n -- %s  %s\n' \
        "$version" "$(sed -n 's/^Maintainer: //p' "$here/control")" "$(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")" \
        | gzip -9n >"$doc/changelog.Debian.gz"
    mkdir -p "$root/usr/share/man/man1"
    "$lib/bin/python3" -I -B "$here/manual.py" | gzip -9n >"$root/usr/share/man/man1/presence-bridge.1.gz"
    cp "$here/lintian-overrides" "$root/usr/share/lintian/overrides/presence-bridge"
}

control() {
    mkdir "$root/DEBIAN"
    local size
    size=$(du --summarize --apparent-size --block-size=1024 --exclude=DEBIAN "$root" | cut -f1)
    sed "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/" "$here/control" >"$root/DEBIAN/control"
    echo /etc/presence-bridge/config.toml >"$root/DEBIAN/conffiles"
    install --mode=755 "$here"/{postinst,prerm,postrm} "$root/DEBIAN/"
    (cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
}

virtual_environment
only_what_runs
program
service
documents
control
chmod -R u=rwX,go=rX "$root"
# One thread: what xz writes differs with their number.
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$root" "$folder/presence-bridge_${version}_$architecture.deb"
