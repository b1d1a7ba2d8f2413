# Sourced by ./run: every check that needs no test run. All of them run, also after one has failed.
# shellcheck shell=bash

run_lint() {
    local failed=0
    (($# == 0)) || die "lint takes no argument"
    ensure_packages build test lint
    export PYTHONDONTWRITEBYTECODE=1
    step "check the shell scripts" "1 second" "correct the line named above." check_shell || failed=1
    step "check the formatting" "5 seconds" "clang-format -i the files named above; git diff shows what changes." \
        check_format || failed=1
    step "check the layers" "1 second" "each line says what is wrong; scripts/check_layers.py holds the rules and their reasons." \
        python3 scripts/check_layers.py || failed=1
    if configure tidy full; then
        step "clang-tidy" "10 to 20 minutes at first, then only changed files" \
            "correct what is named above; .clang-tidy lists the checks. One file: clang-tidy -p build/tidy FILE" \
            python3 scripts/tidy.py build/tidy || failed=1
    else
        failed=1
    fi
    ((failed == 0)) || die "lint found something (above)"
    say "lint: nothing to complain about"
}

check_shell() {
    git ls-files -z run .ci/run '*.sh' | xargs -0 -r -n 1 bash -n
    git ls-files -z run .ci/run '*.sh' | xargs -0 -r shellcheck -x
}

check_format() {
    git ls-files -z '*.cpp' '*.hpp' '*.c' '*.h' | xargs -0 -r -n 20 -P "$(nproc)" clang-format --dry-run -Werror
}
