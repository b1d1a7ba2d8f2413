#!/bin/sh
# with_own_mounts.sh COMMANDS PROGRAM ARGS...: runs it where COMMANDS have mounted what nobody else sees. Ends with 77
# (CTest: skipped) and the kernel's reason where a mount namespace is not to be had.
# shellcheck disable=SC2016  # $1 and $@ belong to the inner shell
inside='eval "$1" || exit 76; shift; exec "$@"'
errors=${TMPDIR:-/tmp}/with_own_mounts.$$
for options in -m -rm; do
    unshare "$options" sh -c "$inside" sh "$@" 2>"$errors"
    status=$?
    reason=$(cat "$errors")
    rm -f "$errors"
    case $status:$reason in
        76:* | [1-9]*:unshare:*) reasons="$reasons unshare $options: $reason;" ;;
        *) printf '%s\n' "$reason" && exit "$status" ;;
    esac
done
echo "skipped: no mount namespace:$reasons"
exit 77
