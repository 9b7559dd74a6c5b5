#!/usr/bin/env bash
# Makes the archive of a release out of a program that was built: release/package.sh PROGRAM TARGET FOLDER
# The program must run here, for it writes its own completions and manual pages. Prints the archive's path.
set -euo pipefail

[ $# = 3 ] || { echo "usage: release/package.sh PROGRAM TARGET FOLDER" >&2; exit 2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
target=$2
mkdir -p "$3"
folder=$(cd "$3" && pwd)

version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
[ "$("$program" --version)" = "scrubjay $version" ] || { echo "$program is not scrubjay $version" >&2; exit 1; }
name=scrubjay-$version-$target

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/$name/completions"
case "$target" in
    *windows*) cp "$program" "$stage/$name/scrubjay.exe" ;;
    *) install -m 755 "$program" "$stage/$name/scrubjay" ;;
esac
cp "$root"/{README.md,CHANGELOG.md,LICENSE-APACHE,LICENSE-MIT} "$stage/$name/"
while read -r shell file; do
    "$program" completions "$shell" >"$stage/$name/completions/$file"
done <<'SHELLS'
bash scrubjay.bash
elvish scrubjay.elv
fish scrubjay.fish
powershell _scrubjay.ps1
zsh _scrubjay
SHELLS
"$program" man --dir "$stage/$name/man"

cd "$stage"
case "$target" in
    *windows*)
        archive=$folder/$name.zip
        rm -f "$archive"
        7z a -bso0 -tzip "$archive" "$name"
        ;;
    *)
        archive=$folder/$name.tar.gz
        # The same program makes the same archive, where tar can do that.
        same=()
        if tar --version | grep -q GNU; then
            same=(--sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}")
        fi
        tar -cf - ${same[@]+"${same[@]}"} "$name" | gzip -n >"$archive"
        ;;
esac
echo "$archive"
