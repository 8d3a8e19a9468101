# Where each suite keeps a test, and what its exit status means. Sourced by run and run-test.

SUITES="ltp posix gvisor glibc"

# The environment variable of a suite says where it was built; without it, a folder of the suites' cache.
suite_directory() {
  local variable="IPC_SUITE_${1^^}"
  printf '%s\n' "${!variable:-${IPC_SUITES:-$HOME/.cache/ipc-suites}/$1}"
}

# Prints the path of a test's program, or nothing if the suite was built without it.
test_program() {
  local directory
  directory=$(suite_directory "$1")
  case $1 in
    ltp) program="$directory/testcases/bin/$2" ;;
    # The suite's own make leaves each program beside its source, in a tree of folders.
    posix) program=$(find -L "$directory" -name "$2.run-test" -print -quit 2>/dev/null) ;;
    gvisor | glibc) program="$directory/$2" ;;
  esac
  [ -x "$program" ] && realpath "$program"
}

# Prints what a test needs in its environment, one NAME=VALUE a line.
test_environment() {
  local directory
  directory=$(suite_directory "$1")
  case $1 in
    ltp) printf '%s\n' "LTPROOT=$directory" "PATH=$directory/testcases/bin:$PATH" "LTP_COLORIZE_OUTPUT=0" ;;
    # A test program of glibc ends itself after 20 s times this factor.
    glibc) printf '%s\n' "TIMEOUTFACTOR=3" ;;
  esac
}

# verdict SUITE STATUS OUTPUT: PASS, SKIP, FAIL, TIMEOUT or CRASH.
# SKIP: the test says that this machine cannot run it.
verdict() {
  local skip
  case $2 in
    124 | 137) echo TIMEOUT && return ;;
    12[89] | 1[3-9]?) echo CRASH && return ;;
  esac
  case $1 in
    ltp) skip=32 ;;                                   # TCONF of LTP's tst_res_flags.h
    posix) [ "$2" = 5 ] && skip=5 || skip=4 ;;        # PTS_UNTESTED, PTS_UNSUPPORTED of posixtest.h
    gvisor) skip=none ;;
    glibc) skip=77 ;;                                 # EXIT_UNSUPPORTED of support/check.h
  esac
  if [ "$2" = "$skip" ]; then echo SKIP
  elif [ "$2" != 0 ]; then echo FAIL
  # Google Test ends with 0 also if a test skipped itself, and if the filter selects none.
  elif [ "$1" = gvisor ] && grep -q '^\[  SKIPPED \]' "$3"; then echo SKIP
  elif [ "$1" = gvisor ] && ! grep -q '^\[  PASSED  \] 1 test' "$3"; then echo FAIL
  else echo PASS
  fi
}
