#!/usr/bin/env bash
# Shows a run in the browser: scripts/tensorboard.sh MODEL_DIR [FLAGS…]
# FLAGS are those of tensorboard, such as --port 6007 or --bind_all.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

[[ $# -ge 1 && $1 != -* ]] || wrong_call "usage: scripts/tensorboard.sh MODEL_DIR [FLAGS…]"
[[ -d $1 ]] || wrong_call "There is no folder $1: give the MODEL_DIR of a training."
make_environment
exec "$python" -m tensorboard.main --logdir "$@"
