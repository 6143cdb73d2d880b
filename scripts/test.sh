#!/usr/bin/env bash
# Makes the environment if need be and runs the tests, in two processes.
#
#     scripts/test.sh [PYTEST ARGUMENTS]
#     scripts/test.sh -m "not tf and not slow and not real_data"      the ones that take seconds
#     scripts/test.sh -n 0 -x tests/data                              in this process, up to a failure
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

"$project/scripts/setup.sh" --dev >&2
cd -- "$project"
# A file's tests stay together, as they share what is costly to make. Later flags win.
exec "$python" -m pytest -n 2 --dist loadfile --no-loadscope-reorder "$@"
