#!/usr/bin/env bash
# Exports the last checkpoint as a SavedModel: scripts/export.sh CONFIG [MODEL_DIR] [EXPORT_DIR] [FLAGS…]
# MODEL_DIR is runs/<config's name> and EXPORT_DIR is MODEL_DIR/exported unless given; FLAGS are
# those of `odapi-ssd export`.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

read_config_and_model_dir "usage: scripts/export.sh CONFIG [MODEL_DIR] [EXPORT_DIR] [FLAGS…]" "$@"
export_dir=$model_dir/exported
if [[ ${#rest[@]} -gt 0 && ${rest[0]} != -* ]]; then
    export_dir=${rest[0]}
    rest=("${rest[@]:1}")
fi
make_environment
odapi_ssd export --pipeline_config_path "$config" --trained_checkpoint_dir "$model_dir" \
    --output_directory "$export_dir" "${rest[@]}"
