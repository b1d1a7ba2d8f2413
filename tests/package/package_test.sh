#!/usr/bin/env bash
# package_test.sh cmake|pkg-config BUILD_DIR CXX WITH_SERVER: installs BUILD_DIR into a new folder, moves that to another
# place, and builds and runs consumer/ against it, outside of this tree.
set -euo pipefail

way=$1 build_dir=$2 cxx=$3 with_server=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/ringview-package.XXXXXX")
trap 'rm -rf "$work"' EXIT

cmake --install "$build_dir" --prefix "$work/staged" >"$work/install.log" || {
    cat "$work/install.log"
    exit 1
}
mv "$work/staged" "$work/prefix" # what is installed must not remember where it was first put
cp -r "$here/consumer" "$work/consumer"

build_and_run() {
    cmake -S "$work/consumer" -B "$work/$1" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$cxx" -DCOMPONENT="$1"
    cmake --build "$work/$1"
    "$work/$1/consumer" "$work/no-daemon.sock"
}

case $way in
    cmake)
        build_and_run client
        # A second time and apart, or what the server component finds would hide what the package forgets to find.
        [[ $with_server == OFF ]] || build_and_run server
        ;;
    pkg-config)
        pc=$(find "$work/prefix" -name ringview.pc)
        export PKG_CONFIG_PATH=${pc%/*}
        pkg-config --validate ringview
        # shellcheck disable=SC2046  # pkg-config's answer is a list of words
        "$cxx" -std=c++20 "$work/consumer/main.cpp" -o "$work/consumer/consumer" $(pkg-config --cflags --libs ringview)
        "$work/consumer/consumer" "$work/no-daemon.sock"
        ;;
    *)
        echo "unknown way: $way" >&2
        exit 2
        ;;
esac

if grep -rIlF -e "$build_dir" -e "$work/staged" "$work/prefix"; then
    echo "FAILED: the files above name a folder of the build" >&2
    exit 1
fi
