#!/usr/bin/env bash
# Runs the tests that need no other program than Debian's on each Python that is supported and that this machine has:
# on PATH, or under pyenv. Arguments go to pytest. Fails if one of them fails, or if there is none at all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

supported=(3.11 3.12 3.13)
paths=(tests/unit tests/conformance tests/integration)

# The newest $1 of this machine.
find_python() {
    local found
    found=$(find "${PYENV_ROOT:-$HOME/.pyenv}/versions" -path "*/$1.*/bin/python$1" 2>/dev/null | sort --version-sort | tail -n 1)
    # One that only refers to pyenv, which has none of it, does not start.
    for python in "$(command -v "python$1" || true)" "$found"; do
        if [[ -n $python ]] && "$python" -c '' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
}

tried=() failed=() missing=()
for version in "${supported[@]}"; do
    python=$(find_python "$version")
    if [[ -z $python ]]; then
        missing+=("$version")
        continue
    fi
    venv=build/pythons/$version
    echo "== $("$python" --version), $python"
    if [[ ! -e $venv/.installed || pyproject.toml -nt $venv/.installed ]]; then
        "$python" -m venv --clear "$venv"
        "$venv/bin/python" -m pip --disable-pip-version-check install --quiet --editable '.[embedded,test]'
        touch "$venv/.installed"
    fi
    tried+=("$version")
    "$venv/bin/pytest" --numprocesses auto --dist loadfile --quiet "$@" "${paths[@]}" || failed+=("$version")
done

echo "Tried: ${tried[*]:-none}. Failed: ${failed[*]:-none}. Not on this machine: ${missing[*]:-none}."
((${#tried[@]} && !${#failed[@]}))
