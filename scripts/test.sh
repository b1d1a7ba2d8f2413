# Sourced by ./run: builds every suite, then runs them as one CTest run, so that its summary speaks for all of them.
# shellcheck shell=bash disable=SC2154  # root and log_dir come from ./run

suites=(asan tsan release)
longest_test_s=600 # only a test that hangs takes so long: ten times the longest, which is one of asan

# run_test [SUITE…]: all suites where none is named. A suite that cannot be built is a failed test; the others run all the same.
run_test() {
    local suite named=("$@") all=$root/build/test
    ((${#named[@]} > 0)) || named=("${suites[@]}")
    for suite in "${named[@]}"; do
        [[ " ${suites[*]} " == *" $suite "* ]] || die "there is no suite '$suite'; take some of: ${suites[*]}"
    done
    ensure_packages build test
    choose_sanitizer_wrapper
    mkdir -p "$all"
    printf '# Written by ./run test: the suites that this run covers.\n' >"$all/CTestTestfile.cmake"
    for suite in "${named[@]}"; do
        build_suite "$suite" || cover "add_test(build.$suite sh -c \"echo $suite: it could not be built, see above; exit 1\")"
        [[ ! -f $root/build/$suite/CTestTestfile.cmake ]] || cover "subdirs(\"$root/build/$suite\")"
    done
    say "run the tests of: ${named[*]} (about 5 minutes; log: $log_dir/test.log)"
    export UBSAN_OPTIONS=print_stacktrace=1
    local status=0
    "${wrapper[@]}" ctest --test-dir "$all" --parallel "$((2 * $(nproc)))" --timeout "$longest_test_s" \
        --output-on-failure --no-tests=error --progress --no-label-summary \
        --output-log "$log_dir/test.log" </dev/null || status=$?
    show_what_ran "$all/Testing/Temporary/LastTest.log"
    show_summary "$log_dir/test.log"
    return "$status"
}

# What CTest counts are suites of GoogleTest programs; this tells how many tests they had, and which were skipped and why.
show_what_ran() {
    awk '/^[0-9]+\/[0-9]+ Test: / { runs++ }
         /^\[==========\] [0-9]+ tests? from .* ran\./ { suites++; tests += $2 }
         / Skipped$/ { getline why }
         /^\[  SKIPPED \] .* \([0-9]+ ms\)$/ { printf "    skipped: %s: %s\n", $4, why }
         END { printf "==> %d tests in %d runs\n", tests + runs - suites, runs }' "$1"
}

# CTest's, once more: so that the last lines are what counts.
show_summary() {
    printf '\n'
    sed -n '/^[0-9]*% tests passed/,$p' "$1" | grep -v '^\[ERROR_MESSAGE\]' || true
}

cover() { printf '%s\n' "$*" >>"$root/build/test/CTestTestfile.cmake"; }

build_suite() {
    configure "$1" full || return
    case $1 in
        # ThreadSanitizer has nothing to say about code without threads, and is slow everywhere.
        tsan) build tsan "1 minute" tsan_tests ;;
        asan) build asan "3 minutes" ;;
        release) build release "4 minutes" ;;
    esac
}
