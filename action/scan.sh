#!/usr/bin/env bash
# Turns the action's inputs into flags. What the event says, `scrubjay ci` reads itself; nothing of it goes through a shell.
set -euo pipefail

fail() { echo "::error title=scrubjay::$1"; exit 2; }
# `is NAME VALUE`: whether an input that is true or false is true.
is() {
    case "$2" in
        true) return 0 ;;
        false) return 1 ;;
        *) fail "input $1: write true or false" ;;
    esac
}

folder=$(mktemp -d "${RUNNER_TEMP:?}/scrubjay.XXXXXX")
arguments=(ci --output "json=$folder/report.json" --output "sarif=${INPUT_SARIF_FILE:-$folder/report.sarif}")
# What is given as a flag takes the place of a variable: outputs that are asked for by one come beside ours.
while IFS= read -r output; do
    [ -z "$output" ] || arguments+=("--output=$output")
done <<<"${SCRUBJAY_OUTPUT:-}"
[ -z "$INPUT_RANGE" ] || arguments+=("--range=$INPUT_RANGE")
[ -z "$INPUT_FAIL_ON" ] || arguments+=("--fail-on=$INPUT_FAIL_ON")
[ -z "$INPUT_CONFIG" ] || arguments+=("--config=$INPUT_CONFIG")
[ -z "$INPUT_BASELINE" ] || arguments+=("--baseline=$INPUT_BASELINE")
is annotations "$INPUT_ANNOTATIONS" || arguments+=(--no-annotations)
is summary "$INPUT_SUMMARY" || arguments+=(--no-summary)
if is comment "$INPUT_COMMENT"; then arguments+=(--comment); fi
if is allow-incomplete "$INPUT_ALLOW_INCOMPLETE"; then arguments+=(--allow-incomplete); fi

exec "$SCRUBJAY" "${arguments[@]}" -- "$INPUT_PATH"
