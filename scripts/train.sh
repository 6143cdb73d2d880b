#!/usr/bin/env bash
# Trains: scripts/train.sh CONFIG [MODEL_DIR] [FLAGS…]
# MODEL_DIR is runs/<config's name> unless given; FLAGS are those of `odapi-ssd train`.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

read_config_and_model_dir "usage: scripts/train.sh CONFIG [MODEL_DIR] [FLAGS…]" "$@"
make_environment
odapi_ssd train --pipeline_config_path "$config" --model_dir "$model_dir" "${rest[@]}"
