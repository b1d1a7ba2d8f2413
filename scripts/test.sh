# Sourced by ./run: builds every suite, then runs them as one CTest run, so that its summary speaks for all of them.
# shellcheck shell=bash

suites=(asan tsan release)

# run_test [SUITE…]: all suites where none is named. A suite that cannot be built counts as a failed test; the others run.
run_test() {
    local suite failed=0 all="$root/build/test"
    local named=("$@")
    ((${#named[@]} > 0)) || named=("${suites[@]}")
    for suite in "${named[@]}"; do
        [[ " ${suites[*]} " == *" $suite "* ]] || die "there is no suite '$suite'; take some of: ${suites[*]}"
    done
    ensure_packages build test
    mkdir -p "$all"
    choose_sanitizer_wrapper
    {
        printf '# Written by ./run test: the suites that this run covers.\n'
        for suite in "${named[@]}"; do
            build_suite "$suite" >&3 || printf 'add_test(build.%s sh -c "tail -n 40 \\"%s\\"; exit 1")\n' "$suite" "$log_dir/build-$suite.log"
            printf 'subdirs("%s")\n' "$root/build/$suite"
        done
    } 3>&1 >"$all/CTestTestfile.cmake"
    say "run the tests of: ${named[*]} (about 5 minutes; log: $log_dir/test.log)"
    for suite in "${named[@]}"; do
        printf '    %-8s %s tests\n' "$suite" "$(ctest --test-dir "$root/build/$suite" -N | sed -n 's/^Total Tests: //p')"
    done
    "${sanitizer_wrapper[@]}" ctest --test-dir "$all" --parallel "$(nproc)" --output-on-failure --no-tests=error --progress \
        --no-label-summary --output-log "$log_dir/test.log" </dev/null || failed=$?
    return "$failed"
}

build_suite() {
    configure "$1" full || return
    case $1 in
        # ThreadSanitizer has nothing to say about code without threads, and slows all of it down.
        tsan) "${sanitizer_wrapper[@]}" true && build tsan "3 minutes" tsan_tests ;;
        asan) build asan "8 minutes" ;;
        release) build release "5 minutes" ;;
    esac
}
