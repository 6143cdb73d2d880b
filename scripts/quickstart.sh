#!/usr/bin/env bash
# From nothing to drawn detections in one command: makes the environment, then runs the whole job on
# the embedded dataset. About four minutes on two CPU cores, environment aside.
#
#     scripts/quickstart.sh
#
#     ODAPI_SSD_QUICKSTART_DIR=D  works in D instead of runs/quickstart
#
# Starts from scratch every time: replaces the results of an earlier quickstart, refuses a folder with
# anything else in it.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

(($# == 0)) || wrong_call "usage: scripts/quickstart.sh"
run=${ODAPI_SSD_QUICKSTART_DIR:-$project/runs/quickstart}
mark=$run/.odapi-ssd-quickstart
if [[ -e $run && ! -f $mark && -n $(ls -A -- "$run") ]]; then
    echo "$run holds something other than a quickstart: remove it, or set ODAPI_SSD_QUICKSTART_DIR." >&2
    exit 1
fi

make_environment

mkdir -p -- "$run"
: >"$mark"
run=$(cd -- "$run" && pwd -P)
mark=$run/.odapi-ssd-quickstart
# The mark stays, so that a folder that was cleared only in part is still known to be ours.
find "$run" -mindepth 1 -maxdepth 1 ! -path "$mark" -exec rm -rf {} +

SECONDS=0
step() { printf '\n[%3d s] %s\n' "$SECONDS" "$*"; }

step "shapes: drawing a dataset in the VOC layout"
odapi_ssd shapes --output_dir "$run/shapes" --num_images 1200

step "convert: TFRecords of it"
odapi_ssd convert --data_dir "$run/shapes" --output_dir "$run/records"

step "configure: a pipeline config for them"
odapi_ssd configure --template ssd_mobilenet_v2_quickstart --records_dir "$run/records" \
    --eval_split test --output_path "$run/pipeline.config"

step "check: what would fail later"
odapi_ssd check --pipeline_config_path "$run/pipeline.config"

step "train"
odapi_ssd train --pipeline_config_path "$run/pipeline.config" --model_dir "$run/model"

step "evaluate: on the test split, which was not trained on"
odapi_ssd evaluate --pipeline_config_path "$run/pipeline.config" \
    --checkpoint_dir "$run/model" --output_dir "$run/eval" | tee "$run/evaluate.log"

step "export: a SavedModel"
odapi_ssd export --pipeline_config_path "$run/pipeline.config" \
    --trained_checkpoint_dir "$run/model" --output_directory "$run/exported"

step "detect: drawing detections on images of the test split"
images=()
while read -r stem; do
    images+=("$run/shapes/JPEGImages/$stem.jpg")
done < <(head -n 8 "$run/shapes/ImageSets/Main/test.txt")
odapi_ssd detect --saved_model_dir "$run/exported/saved_model" \
    --label_map_path "$run/exported/label_map.pbtxt" --output_dir "$run/detections" "${images[@]}"

step "done"
# The table alone, without the progress before it.
sed -n '/^Step /,$p' "$run/evaluate.log"
cat <<DONE

Detections:   $run/detections
SavedModel:   $run/exported/saved_model
TensorBoard:  scripts/tensorboard.sh $run
DONE
