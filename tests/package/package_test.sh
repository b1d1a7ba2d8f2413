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

case $way in
    cmake)
        cmake -S "$work/consumer" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$cxx" \
            -DWITH_SERVER="$with_server"
        cmake --build "$work/build"
        "$work/build/consumer" "$work/no-daemon.sock"
        if [[ $with_server == ON ]]; then
            "$work/build/consumer_with_server" "$work/no-daemon.sock"
        fi
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
