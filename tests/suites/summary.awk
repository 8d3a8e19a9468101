# Compares native and prefixed results. Reads deviations.tsv (suite, test, arguments, reason) and results.tsv.
BEGIN { FS = "\t" }
/^#/ { next }
FILENAME == ARGV[1] { reason[$1 FS $2 FS $3] = $4; next }
{
  key = $1 FS $2 FS $3
  name = $1 " " $2 ($3 == "" ? "" : " " $3)
  if (!($1 in tests)) order[++suites] = $1
  tests[$1]++
  native[$1] += $5 == "PASS"
  both[$1] += $5 == "PASS" && $6 == "PASS"
  line = sprintf("%-60s %-8s %-8s %8s", name, $5, $6, $7)
  if (stub == "yes") {
    if ($4 == "fail" && $5 == "PASS" && $6 == "PASS") wrong = wrong line "\n"
  } else if (prefix != "" && $5 == "PASS" && $6 != "PASS") {
    if (key in reason) known = known line "  " reason[key] "\n"
    else wrong = wrong line "\n"
  } else if (key in reason && $6 == "PASS") mended = mended line "\n"
  if (prefix == "" && $5 != "PASS") unfit = unfit line "\n"
}
END {
  printf "%-60s %-8s %-8s %8s\n", "test", "native", "prefixed", "seconds"
  printf "%s", known != "" ? "\nKnown deviations:\n" known : ""
  printf "%s", mended != "" ? "\nListed as deviations, but they pass:\n" mended : ""
  printf "%s", unfit != "" ? "\nDo not pass natively:\n" unfit : ""
  if (wrong != "") printf "\n%s:\n%s", stub == "yes" ? "Pass although every call only answers success" : "Fail", wrong
  print ""
  printf "%-8s %6s %16s %16s\n", "suite", "tests", "pass natively", "pass prefixed"
  for (i = 1; i <= suites; i++) {
    suite = order[i]
    printf "%-8s %6d %16d %16s\n", suite, tests[suite], native[suite], prefix == "" ? "-" : both[suite] " of " native[suite]
  }
  exit wrong != ""
}
