#!/bin/sh
# make-dist.sh SOURCE TARGET NPM: builds the web client of folder SOURCE into TARGET/dist, and what
# programs use of it into TARGET/dist-lib, when something in SOURCE is newer than TARGET/dist.stamp.
# It works in a copy, TARGET/work, because SOURCE may be read-only.
set -eu

source=$1
target=$2
npm=$3
inputs="src public test package.json package-lock.json tsconfig.json tsconfig.client.json
    build.mjs build-lib.mjs emoji-table.mjs .npmrc"

is_current() {
    # shellcheck disable=SC2086 # a list of names without blanks
    [ -f "$target/dist.stamp" ] && [ -f "$target/dist/index.html" ] &&
        [ -f "$target/dist-lib/index.js" ] &&
        [ -z "$(cd "$source" && find $inputs -newer "$stamp")" ]
}

mkdir -p "$target"
stamp=$(cd "$target" && pwd)/dist.stamp
is_current && exit 0

echo "  NPM      $target/dist"
work=$target/work
log=$target/work.log
mkdir -p "$work"
: >"$target/dist.stamp.new" # what changes while npm works is newer
for input in $inputs; do
    rm -rf "${work:?}/$input"
    cp -R "$source/$input" "$work/"
done
chmod -R u+w "$work"

npm_run() (
    cd "$work"
    "$npm" "$@" </dev/null >>../work.log 2>&1
)

: >"$log"
rm -rf "$target/dist" "$target/dist-lib"
if ! { npm_run ci && npm_run run build -- --out ../dist --lib ../dist-lib; }; then
    cat "$log" >&2
    echo "web client: npm failed, see above. It needs the network the first time;" \
        "./configure --disable-web does without the web client." >&2
    rm -rf "$target/dist" "$target/dist-lib" "$target/dist.stamp.new"
    exit 1
fi
mv "$target/dist.stamp.new" "$target/dist.stamp"
