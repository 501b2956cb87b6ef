# What people type; CI runs `check`.

# Everything CI checks.
check:
    tests/run.sh

# Only the tests, for example `just test flow`.
test *args:
    tests/run.sh test {{args}}

# From nothing to finished sample photos.
quickstart *args:
    deploy/quickstart.sh {{args}}

# Mend formatting and what clippy can mend.
mend:
    cargo fmt --all
    cargo clippy --workspace --all-targets --fix --allow-dirty

# Licences, bans and sources of all dependencies (cargo-deny from crates.io).
deny:
    cargo deny check licenses bans sources
