#!/usr/bin/env bash
# What the first build costs: seconds, processor time and size of the program, from a fresh clone of what is committed,
# with all default features. The libraries are downloaded first, which is not measured.
#
# usage: benches/build.sh [JOBS]
set -euo pipefail

jobs=${1:-2}
root=$(cd "$(dirname "$0")/.." && pwd)
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet "$root" "$clone/hlr"
cd "$clone/hlr"
cargo fetch --quiet --locked
unset CARGO_TARGET_DIR
TIMEFORMAT='%R s of wall time, %U s of processor time in programs and %S s in the kernel'
time cargo build --release --locked --offline --quiet --jobs "$jobs"
size=$(stat -c %s target/release/hlr)
echo "the program has $((size / 1000000)).$((size / 100000 % 10)) MB"
echo "$(nproc) cores, $jobs jobs, $(rustc --version), $(uname -m), $(date +%F)"
