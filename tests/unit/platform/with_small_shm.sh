#!/bin/sh
# with_small_shm.sh PROGRAM: runs it where /dev/shm is a file system of 1 MiB that nobody else sees. Ends with 77 (CTest:
# skipped) and the kernel's reason where a mount namespace is not to be had.
# shellcheck disable=SC2016  # $1 belongs to the inner shell
inside='mount -t tmpfs -o size=1M,mode=1777 ringview-test /dev/shm || exit 76; exec "$1"'
for options in -m -rm; do
    unshare "$options" sh -c "$inside" sh "$1" 2>"${TMPDIR:-/tmp}/with_small_shm.$$"
    status=$?
    reason=$(cat "${TMPDIR:-/tmp}/with_small_shm.$$")
    rm -f "${TMPDIR:-/tmp}/with_small_shm.$$"
    case $status:$reason in
        76:* | [1-9]*:unshare:*) reasons="$reasons unshare $options: $reason;" ;;
        *) printf '%s\n' "$reason" && exit "$status" ;;
    esac
done
echo "skipped: no mount namespace for a small /dev/shm:$reasons"
exit 77
