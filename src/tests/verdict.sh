# verdict.sh - what the tests that are scripts say of each case; to be sourced. They end with
# "N passed, N failed" by $passed and $failed.
passed=0 failed=0

verdict() { # verdict NAME FAILURE: none if FAILURE is empty
    if [ -z "$2" ]; then
        passed=$((passed + 1))
        echo "ok       $1"
    else
        failed=$((failed + 1))
        echo "FAILED   $1: $2"
    fi
}
