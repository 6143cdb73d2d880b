#!/usr/bin/env bash
# Draws an exported model's detections: scripts/detect.sh EXPORT_DIR OUTPUT_DIR IMAGE…
# An IMAGE may be a folder; flags of `odapi-ssd detect` may come between the images.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

usage="usage: scripts/detect.sh EXPORT_DIR OUTPUT_DIR IMAGE…"
(($# >= 3)) && [[ $1 != -* && $2 != -* ]] || wrong_call "$usage"
make_environment
odapi_ssd detect --saved_model_dir "$1/saved_model" --label_map_path "$1/label_map.pbtxt" \
    --output_dir "$2" "${@:3}"
