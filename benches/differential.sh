#!/usr/bin/env bash
# Holds the scan of a pack as it is stored against that of each blob whole, for every blob of a real repository.
#     benches/differential.sh REPOSITORY
set -euo pipefail
repository=$(realpath "$1")
cd "$(dirname "$0")/.."
SCRUBJAY_DIFFERENTIAL=$repository exec cargo test --locked --lib a_real_repository -- --ignored --nocapture
