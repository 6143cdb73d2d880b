#!/usr/bin/env bash
# Evaluates the last checkpoint: scripts/evaluate.sh CONFIG [MODEL_DIR] [FLAGS…]
# MODEL_DIR is runs/<config's name> unless given; results go to MODEL_DIR/eval; FLAGS are those of
# `odapi-ssd evaluate`.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

read_config_and_model_dir "usage: scripts/evaluate.sh CONFIG [MODEL_DIR] [FLAGS…]" "$@"
make_environment
odapi_ssd evaluate --pipeline_config_path "$config" --checkpoint_dir "$model_dir" \
    --output_dir "$model_dir/eval" "${rest[@]}"
