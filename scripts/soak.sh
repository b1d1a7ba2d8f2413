# Sourced by ./run: what takes longer than a test run should, once or again and again.
# shellcheck shell=bash disable=SC2154  # root and log_dir come from ./run, wrapper from steps.sh

search_mib=8000 # what a large search may take (tests/model/models.cmake)

run_soak() {
    local minutes=${1:-10} rounds=0 end searches
    [[ $minutes =~ ^[1-9][0-9]*$ ]] || die "soak takes a number of minutes, not '$minutes'"
    ensure_packages build test
    choose_sanitizer_wrapper
    configure release full
    build release "4 minutes"
    configure tsan full
    build tsan "1 minute" tsan_tests
    searches=$(searches_at_once)
    # They come out the same every time, so once is enough. To CTest each is two processors' work, as in ./run test.
    step "models" "half an hour or more, $searches at once; then $minutes minutes of processes at random and of the long tests" \
        "the log tells what the model allows; docs/proofs.md tells how to see it step by step." \
        ctest --test-dir build/release -C soak -L '^soak$' -L '^model$' --parallel "$((2 * searches))" \
        --output-on-failure --no-tests=error || return
    step "soak" "half of the $minutes minutes: processes that join, leave and are killed at random" \
        "the log names the seed; what processes do follows from it: build/release/tests/soak/ringview_soak --seed SEED" \
        build/release/tests/soak/ringview_soak --minutes "$((minutes / 2)).$((minutes % 2 * 5))" || return
    end=$((SECONDS + minutes * 30))
    while ((SECONDS < end)); do
        rounds=$((rounds + 1))
        soak_round "$rounds" "$(((end - SECONDS + 59) / 60))" || return
    done
    say "soak: $rounds rounds of the long tests, no failure"
}

# As many as there are processors and memory for, and one.
searches_at_once() {
    local available_mib most
    available_mib=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
    most=$((available_mib / search_mib))
    ((most <= $(nproc))) || most=$(nproc)
    printf '%s\n' "$((most > 1 ? most : 1))"
}

# soak_round NUMBER MINUTES_LEFT
soak_round() {
    long_tests release "round $1, a quarter of an hour to an hour; none begins after $2 more minutes" || return
    long_tests tsan "round $1, those of threads under ThreadSanitizer, a quarter to half an hour"
}

# long_tests PRESET DURATION
long_tests() {
    step "long tests, $1" "$2" \
        "the log names the failed test; repeat it alone: ctest --test-dir build/$1 -C soak -R NAME --repeat until-fail:100" \
        "${wrapper[@]}" ctest --test-dir "build/$1" -C soak -L '^soak$' -LE '^model$' --output-on-failure --no-tests=error
}
