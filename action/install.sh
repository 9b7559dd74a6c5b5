#!/usr/bin/env bash
# Puts the path of a scrubjay into the step's output `binary`: one that is given, that of a release, or one built from this
# checkout. SCRUBJAY_RELEASES names a mirror of the releases.
set -euo pipefail

fail() { echo "::error title=scrubjay::$1"; exit 2; }
found() {
    # A path is one line; a second one would be another output.
    case "$1" in *$'\n'*) fail "the path of the binary has a line break" ;; esac
    echo "binary=$1" >>"$GITHUB_OUTPUT"
    exit 0
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

if [ -n "$INPUT_BINARY" ]; then
    command -v -- "$INPUT_BINARY" >/dev/null 2>&1 || fail "input binary: there is no program at this path"
    found "$INPUT_BINARY"
fi

# Of the version in this checkout is also what is published under its tag.
version=${INPUT_VERSION#v}
[ -n "$version" ] || version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/Cargo.toml" | head -n 1)

if [ "$version" = source ]; then
    command -v cargo >/dev/null 2>&1 || fail "version: source needs cargo on the runner"
    target=${RUNNER_TEMP:?}/scrubjay-build
    cargo build --release --locked --quiet --manifest-path "$here/Cargo.toml" --target-dir "$target" \
        || fail "version: source could not be built: what cargo says is above"
    found "$target/release/scrubjay"
fi
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "input version: write a version such as 0.1.0, or source"

case "$(uname -s)/$(uname -m)" in
    Linux/x86_64) target=x86_64-unknown-linux-musl ;;
    Linux/aarch64 | Linux/arm64) target=aarch64-unknown-linux-musl ;;
    Darwin/x86_64) target=x86_64-apple-darwin ;;
    Darwin/arm64) target=aarch64-apple-darwin ;;
    MINGW*/x86_64 | MSYS*/x86_64) target=x86_64-pc-windows-msvc ;;
    *) fail "there is no release for $(uname -s) on $(uname -m): use version: source" ;;
esac
suffix=tar.gz program=scrubjay
case "$target" in *windows*) suffix=zip program=scrubjay.exe ;; esac
archive=scrubjay-$version-$target.$suffix
releases=${SCRUBJAY_RELEASES:-https://github.com/scrubjay/scrubjay/releases/download}

folder=$(mktemp -d "${RUNNER_TEMP:?}/scrubjay.XXXXXX")
cd "$folder"
fetch() {
    if command -v curl >/dev/null 2>&1; then
        curl --fail --silent --show-error --location --retry 3 --output "$1" "$releases/v$version/$1"
    elif command -v wget >/dev/null 2>&1; then
        wget --quiet --tries=3 --output-document="$1" "$releases/v$version/$1"
    else
        fail "neither curl nor wget is here to fetch the release: give the input binary"
    fi
}
fetch SHA256SUMS && fetch "$archive" || fail "release $version for $target could not be fetched: give the input binary, or version: source"

sum() { if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi; }
expected=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' SHA256SUMS)
actual=$(sum "$archive" | awk '{ sub(/^\\/, ""); print $1 }')
[ -n "$expected" ] || fail "SHA256SUMS of release $version does not name $archive"
[ "$expected" = "$actual" ] || fail "$archive is not what SHA256SUMS says: expected $expected, got $actual"

if [ "$suffix" = zip ]; then unzip -q "$archive"; else tar -xzf "$archive"; fi
[ -f "scrubjay-$version-$target/$program" ] || fail "$archive has no $program"
found "$folder/scrubjay-$version-$target/$program"
