# Sourced by ./run: how a step is announced, watched and reported, and how a build directory is configured and built.
# shellcheck shell=bash disable=SC2154  # root and log_dir come from ./run

say() { printf '==> %s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }
die() {
    complain "run: $*"
    exit 1
}

# step NAME DURATION ADVICE COMMAND…: runs COMMAND with its output in a log. A failure shows the end of the log and ADVICE,
# and returns the command's exit code.
step() {
    local name=$1 duration=$2 advice=$3
    shift 3
    local log="$log_dir/${name//[^A-Za-z0-9]/-}.log" started=$SECONDS status=0 watched watcher
    say "$name ($duration)"
    mkdir -p "$log_dir"
    : >"$log"
    exec {watched}> >(watch_log "$log" "$started")
    watcher=$!
    "$@" >"$log" 2>&1 </dev/null {watched}>&- || status=$?
    exec {watched}>&-
    wait "$watcher" || true
    if ((status != 0)); then
        complain "----- the last lines of $log"
        tail -n 40 "$log" >&2
        complain "-----"
        complain "FAILED: $name (exit code $status, after $((SECONDS - started)) s). Whole log: $log"
        complain "What to do: $advice"
        return "$status"
    fi
    printf '    done in %s s\n' "$((SECONDS - started))"
}

# Shows where a long step is: one line that changes on a terminal, a line every half minute elsewhere. Until its standard input,
# on which nothing comes, ends: with the step, or with the shell. A signal could hit it before it has shed the shell's own traps.
watch_log() {
    local log=$1 started=$2 pause_s=30 form='    %s s: %.120s\n' line
    if [[ -t 1 ]]; then
        pause_s=1 form='\r\033[K    %s s: %.100s'
    fi
    until read -r -t "$pause_s" || (($? <= 128)); do # above 128: the time was up
        line=$(tail -n 1 "$log")
        # shellcheck disable=SC2059  # the format is chosen above
        printf "$form" "$((SECONDS - started))" "$line"
    done
    [[ ! -t 1 ]] || printf '\r\033[K'
}

# configure PRESET full|programs: `programs` leaves out tests and benchmarks, whose packages may not be installed.
# A directory already configured with more than is asked for is good enough; ninja itself notices changed CMakeLists.txt.
configure() {
    local preset=$1 extent=$2
    local dir="$root/build/$preset" stamp="$root/build/$preset/.configured"
    local options=(-DRINGVIEW_BUILD_TESTS=ON)
    [[ $extent == full ]] || options=(-DRINGVIEW_BUILD_TESTS=OFF -DRINGVIEW_BUILD_BENCH=OFF)
    if [[ -f $dir/build.ninja && -f $stamp && ! CMakePresets.json -nt $stamp ]]; then
        [[ $(<"$stamp") != "$extent" && $(<"$stamp") != full ]] || return 0
    fi
    step "configure $preset" "about 10 seconds" \
        "the lines above name what CMake misses; ./run deps installs the packages. A moved tree: delete $dir." \
        cmake --preset "$preset" "${options[@]}" || return
    printf '%s' "$extent" >"$stamp"
}

wrapper=() # what builds and tests are run under; a build runs the test programs to list their tests

# The sanitizers of clang 14 lose their way where the kernel spreads mappings over more than 28 random bits. The setting
# can be read by root only, so elsewhere the wrapper is used whenever it works.
choose_sanitizer_wrapper() {
    local bits
    bits=$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo unknown)
    if [[ $bits == unknown ]] || ((bits > 28)); then
        if setarch "$(uname -m)" -R true 2>/dev/null; then
            wrapper=(setarch "$(uname -m)" -R)
        elif [[ $bits != unknown ]]; then
            complain "run: vm.mmap_rnd_bits is $bits here and setarch -R is not allowed: the sanitizer suites will probably" \
                "fail with \"unexpected memory mapping\". Cure: sysctl vm.mmap_rnd_bits=28 on the host."
        fi
    fi
}

# build PRESET DURATION [TARGET…]
build() {
    local preset=$1 duration=$2
    shift 2
    step "build $preset" "$duration if nothing is built yet, seconds if nothing changed" \
        "fix the first error above and run the same command again: only what is missing is built." \
        "${wrapper[@]}" cmake --build "$root/build/$preset" --parallel "$(nproc)" ${1:+--target "$@"}
}
