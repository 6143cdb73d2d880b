#!/usr/bin/env bash
# Makes the environment if need be and runs the API's own TF2 tests in it, as many files at a time
# as there are cores: some twenty minutes with two.
#
#     scripts/api_tests.sh                                all files; exits with 0 if exactly the
#                                                         expected cases fail
#     scripts/api_tests.sh core/ inputs_test              files whose names begin with these
#     scripts/api_tests.sh --without_odapi_ssd            without the patches
#     scripts/api_tests.sh --write docs/api_tests.md      all files with and without; writes the page
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/environment.sh"

"$project/scripts/setup.sh" --dev >&2
PYTHONPATH=$project${PYTHONPATH:+:$PYTHONPATH} exec "$python" -m tools.api_suite "$@"
