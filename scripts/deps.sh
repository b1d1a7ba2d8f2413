# Sourced by ./run: which packages are missing, and installing them. The list is config/packages.txt.
# shellcheck shell=bash disable=SC2154  # root comes from ./run

# missing_packages GROUP…: prints the packages of these groups that are not installed.
missing_packages() {
    local wanted installed
    wanted=$(awk -v groups=" $* " '/^[a-z]/ && index(groups, " " $1 " ") { print $2 }' "$root/config/packages.txt" | sort -u)
    # shellcheck disable=SC2086  # one argument a package; dpkg-query fails where one is unknown, which is an answer here
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
        sed -n 's/^installed //p' | sort -u || true)
    comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed") | tr '\n' ' '
}

# ensure_packages GROUP…: installs what is missing. It never removes a package.
ensure_packages() {
    local missing as_root=() install=()
    if [[ -n ${RINGVIEW_SKIP_DEPS:-} ]]; then
        return 0
    elif ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        complain "run: this is not a Debian system, so packages are your affair: config/packages.txt names them with the reason" \
            "for each. Going on with what is there."
        return 0
    fi
    missing=$(missing_packages "$@")
    if [[ -z $missing ]]; then
        say "packages: nothing is missing"
        return 0
    fi
    # shellcheck disable=SC2206  # one word a package
    install=(apt-get install -y --no-install-recommends --no-remove $missing)
    if ((EUID != 0)); then
        if ! command -v sudo >/dev/null; then
            die "packages are missing, and installing them needs root (there is no sudo here). As root:
    apt-get update && ${install[*]}"
        fi
        as_root=(sudo)
        # The password is asked for here, where it can be seen; without a terminal nobody could answer.
        if ! { if [[ -t 0 && -z ${CI:-} ]]; then sudo -v; else sudo -n true; fi; }; then
            die "packages are missing, and sudo did not let me install them. Run this yourself, then the same command again:
    sudo apt-get update && sudo ${install[*]}"
        fi
    fi
    step "update the package lists" "about 20 seconds" \
        "check the network and /etc/apt/sources.list; ${as_root[*]} apt-get update must succeed." \
        "${as_root[@]}" apt-get update || return
    # shellcheck disable=SC2086
    say "missing packages: $missing"
    step "install packages" "1 to 5 minutes, by network" \
        "$(install_advice)" \
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" || return
}

install_advice() {
    local other
    other=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'libboost*-dev' 2>/dev/null |
        sed -n 's/^installed //p' | grep -v '1\.81' | tr '\n' ' ' || true)
    if [[ -n $other ]]; then
        printf '%s' "Boost 1.81's headers cannot be installed beside another Boost's, and I remove no package of yours. In the" \
            " way may be: $other- remove them (apt-get remove $other) if you need them no more, or build in a container."
    else
        printf '%s' "the lines above say which package apt-get stumbled over. ringview is built on Debian 12 (bookworm)." \
            " Where the libraries come from elsewhere, set RINGVIEW_SKIP_DEPS=1."
    fi
}
