#!/usr/bin/env bash
# Makes the project's environment, or brings it up to date; does nothing when nothing changed.
#
#     scripts/setup.sh [--dev | --runtime]
#
# With the development tools (--dev, the default) or without (--runtime).
#
#     ODAPI_SSD_PYTHON=python3    into this interpreter instead of .venv, as in Colab; --runtime is
#                                 the default here, as the tools would replace a notebook's kernel
#     ODAPI_SSD_UNPINNED=1        the newest versions that requirements.txt allows
#                                 instead of the tested ones of constraints.txt
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

readonly venv=$project/.venv
readonly supported="3.10 3.11 3.12"
readonly inputs=(pyproject.toml setup.py requirements.txt requirements-dev.txt
    requirements-beam.txt constraints.txt)
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
    say "$@"
    exit 1
}

# Prints an interpreter's minor version; nothing if it does not run.
minor_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true
}

is_supported() { [[ -n $1 && " $supported " == *" $1 "* ]]; }

# The Python that the constraints were made with, from their header.
constraints_minor() { sed -n 's/^# Python \([0-9]*\.[0-9]*\).*/\1/p' "$project/constraints.txt"; }

# Prints a Python to make .venv with: best the one that the constraints are for.
find_base_python() {
    local name minor without_venv=
    for name in "python$(constraints_minor)" python3.12 python3.11 python3.10 python3 python; do
        minor=$(minor_of "$name")
        is_supported "$minor" || continue
        if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
            echo "$name"
            return
        fi
        without_venv=$minor
    done
    if [[ -n $without_venv ]]; then
        fail "Python $without_venv is here, but without its module venv." \
            "On Debian and Ubuntu: apt install python$without_venv-venv (or python3-venv)."
    fi
    fail "no suitable Python found: one of $supported is needed, with its module venv." \
        "On Debian and Ubuntu: apt install python3 python3-venv."
}

# What an environment with an extra is made from; equal to the stamp when nothing changed.
wanted_stamp() {
    "$python" - "$project" "$1" "$pinning" "${inputs[@]}" <<'PYTHON'
import hashlib, pathlib, sys

project, extra, pinning, *inputs = sys.argv[1:]
contents = hashlib.sha256()
for name in inputs:
    data = pathlib.Path(project, name).read_bytes()
    contents.update(f"{name} {len(data)}\n".encode() + data)
print(f"project {project}")
print(f"python {sys.version.split()[0]} {sys.executable}")
print(f"installed {extra} {pinning}")
print(f"inputs {contents.hexdigest()}")
PYTHON
}

# Whether the extra is installed; an environment with the development tools serves --runtime too.
is_up_to_date() {
    local installed
    [[ -f $stamp ]] || return 1
    for installed in "$extra" dev; do
        [[ $(<"$stamp") != "$(wanted_stamp "$installed" 2>/dev/null)" ]] || return 0
    done
    return 1
}

# Keeps .venv if it holds a complete installation of this project in this folder, and remakes one that
# was interrupted. Never removes an environment that this script did not make.
prepare_venv() {
    local made_by_us=$venv/odapi-ssd.made base
    if [[ -e $venv && ! -e $made_by_us ]]; then
        if ! is_supported "$(minor_of "$python")" || ! "$python" -c 'import pip' 2>/dev/null; then
            fail "$venv was not made by this script and is not a usable environment: remove it."
        fi
        say "installing into $venv, which this script did not make"
        return
    fi
    if [[ -f $stamp ]] && grep -qxF "project $project" "$stamp" && is_supported "$minor"; then
        return
    fi
    base=$(find_base_python)
    say "making $venv with Python $(minor_of "$base")"
    # The mark comes first and stays: after any interruption, .venv is known to be ours.
    mkdir -p "$venv"
    : >"$made_by_us"
    find "$venv" -mindepth 1 -maxdepth 1 ! -path "$made_by_us" -exec rm -rf {} +
    "$base" -m venv "$venv" || fail "could not make $venv with $base: see the message above."
}

install() {
    local flags=(--quiet) extras=
    if [[ $pinning == pinned ]]; then
        flags+=(--constraint constraints.txt)
    elif [[ -n ${ODAPI_SSD_UNPINNED-} ]]; then
        # Eager: otherwise pip keeps any installed version that satisfies the requirements.
        flags+=(--upgrade --upgrade-strategy eager)
    fi
    [[ $extra != dev ]] || extras='[dev]'
    if [[ $pinning == unpinned ]]; then
        # Without constraints, the pip that comes with Python 3.10 searches for longer than ten minutes.
        "$python" -m pip install --quiet 'pip>=25' || fail "pip could not be brought up to date."
    fi
    (cd -- "$project" && "$python" -m pip install "${flags[@]}" --editable ".$extras") ||
        fail "pip could not install the project: see its message above."
}

extra=dev
[[ -z ${ODAPI_SSD_PYTHON-} ]] || extra=runtime
case "$#${1-}" in
    0) ;;
    1--dev | 1--runtime) extra=${1#--} ;;
    *) wrong_call "usage: scripts/setup.sh [--dev | --runtime]" ;;
esac

if [[ -n ${ODAPI_SSD_PYTHON-} ]]; then
    minor=$(minor_of "$python")
    what=${minor:+Python $minor}
    is_supported "$minor" ||
        fail "ODAPI_SSD_PYTHON: $python is ${what:-no interpreter that runs};" \
            "one of Python $supported is needed."
    stamp=$("$python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/odapi-ssd.setup
else
    stamp=$venv/odapi-ssd.setup
    minor=$(minor_of "$python")
    if ! is_supported "$minor"; then
        base=$(find_base_python)
        minor=$(minor_of "$base")
    fi
fi

pinning=pinned
reason="the versions of constraints.txt"
if [[ -n ${ODAPI_SSD_UNPINNED-} ]]; then
    pinning=unpinned
    reason="the newest versions that requirements.txt allows, as ODAPI_SSD_UNPINNED is set"
elif [[ $minor != "$(constraints_minor)" ]]; then
    pinning=unpinned
    reason="unpinned: this is Python $minor, constraints.txt is for $(constraints_minor)"
fi

if is_up_to_date; then exit 0; fi

# One at a time: a second call waits for the first, and then finds its work done.
if command -v flock >/dev/null; then
    exec 9>"$project/.setup.lock"
    flock 9
    if is_up_to_date; then exit 0; fi
fi

[[ -n ${ODAPI_SSD_PYTHON-} ]] || prepare_venv
say "installing $reason; a minute or two the first time"
# No stamp while pip is at work: it must not survive an interruption.
rm -f -- "$stamp"
install
# Where it cannot be written (a system interpreter), pip runs again next time.
if [[ -w $(dirname -- "$stamp") ]]; then
    wanted_stamp "$extra" >"$stamp.new"
    mv -- "$stamp.new" "$stamp"
fi
say "ready: $python"
