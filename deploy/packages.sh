# Sourced by deploy/quickstart.sh and tests/run.sh: says what is missing and installs it.
# shellcheck shell=bash

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# need COMMAND=PACKAGE...: installs the Debian packages whose command is missing.
need() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair##*=}")
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || die "please install: ${missing[*]}"
  say "Installing ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "run as root, or install first: ${missing[*]}"
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# What the build and a private Redis need: C and C++ compilers and cmake for zxing-cpp, with nasm for libjpeg-turbo
# and the TLS library, redis-server, and pip to fetch models and the ONNX Runtime library.
need_toolchain() {
  # shellcheck disable=SC1091
  command -v cargo >/dev/null || [ ! -r "$HOME/.cargo/env" ] || . "$HOME/.cargo/env"
  command -v cargo >/dev/null || die "no Rust toolchain: install rustup (package rustup, or see rust-lang.org), then run this again"
  # rust-toolchain.toml pins the version that this was made with; where rustup cannot fetch it, the installed
  # one serves if it is not older (Cargo checks that by rust-version).
  if ! cargo --version >/dev/null 2>&1; then
    RUSTUP_TOOLCHAIN="$(cd / && rustup default | cut -d' ' -f1)"
    export RUSTUP_TOOLCHAIN
    cargo --version >/dev/null || die "no usable Rust toolchain: run 'rustup toolchain install 1.95.0'"
    say "Rust 1.95.0 is not installed and cannot be fetched: going on with $RUSTUP_TOOLCHAIN"
  fi
  need cc=build-essential c++=build-essential cmake=cmake nasm=nasm redis-server=redis-server python3=python3 setpriv=util-linux
  python3 -m pip --version >/dev/null 2>&1 || need pip3=python3-pip
}
