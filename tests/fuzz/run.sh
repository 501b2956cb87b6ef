#!/usr/bin/env bash
# Fuzzes each target for a while; corpora and findings lie in var/fuzz.
#
#   tests/fuzz/run.sh [MINUTES [TARGET...]]     12 minutes each of all targets by default
set -euo pipefail
cd "$(dirname "$0")/../.."

minutes=${1:-12}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(decode facts code envelope spec)

# libFuzzer's flags are unstable ones; this lets the pinned toolchain take them.
export RUSTC_BOOTSTRAP=1
command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
here="$PWD/var/fuzz"
mkdir -p "$here"
# Built as the tests are: one crate alone would rebuild its dependencies with other features.
env -u RUSTC_BOOTSTRAP cargo build --workspace --example fuzz_seeds
"${CARGO_TARGET_DIR:-target}/debug/examples/fuzz_seeds" "$here/corpus"

for target in "${targets[@]}"; do
  mkdir -p "$here/findings/$target"
  # 25 seconds for a file of at most 64 KiB, and 1 GiB for the process, are findings like a panic. Under the instruments
  # a picture that a release answers in 37 ms takes 3.9 s.
  cargo fuzz run --fuzz-dir tests/fuzz --target-dir "$here/target" "$target" "$here/corpus/$target" -- \
    -max_total_time=$((minutes * 60)) -timeout=25 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$here/findings/$target/"
done
