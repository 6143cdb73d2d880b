# shellcheck shell=bash
# Sourced by the other scripts: the project's Python, made first if need be.
#
# Sets `project`, the root of the checkout, and `python`, the interpreter of its environment: the one
# that ODAPI_SSD_PYTHON names, else .venv's. Defines `odapi_ssd`, the command line in there.

project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
python=${ODAPI_SSD_PYTHON:-$project/.venv/bin/python}
[[ $python != */* || $python == /* ]] || python=$PWD/$python

# What it prints goes to standard error: standard output is the command's.
make_environment() {
    "$project/scripts/setup.sh" >&2
}

odapi_ssd() {
    "$python" -m odapi_ssd "$@"
}

# wrong_call MESSAGE…: prints it and exits with status 2.
wrong_call() {
    printf '%s\n' "$@" >&2
    exit 2
}

# read_config_and_model_dir USAGE CONFIG [MODEL_DIR] [REST…]: sets `config`, `model_dir`, `rest`.
# shellcheck disable=SC2034  # read by the scripts that source this
read_config_and_model_dir() {
    local usage=$1
    shift
    [[ $# -ge 1 && $1 != -* ]] || wrong_call "$usage"
    config=$1
    model_dir=runs/$(basename -- "$config" .config)
    shift
    if [[ $# -ge 1 && $1 != -* ]]; then
        model_dir=$1
        shift
    fi
    rest=("$@")
}
