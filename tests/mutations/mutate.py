#!/usr/bin/env python3
"""Sets one-line faults into the product, one at a time, and says which tests catch each.

Usage: tests/mutations/mutate.py [NAME...]      (all of mutants.py without names)

A fault is caught if a suite fails or does not end in time. Exit code 1: a fault survived. The script works on a copy of
the checkout in a temporary folder. SIMULATION_SEEDS is 600 unless it is set.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import mutants

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUITES = {
    "core": ["tests/Cluster.Core.Tests"],
    "sim": ["tests/Cluster.Simulation"],
    "client": ["tests/Cluster.Client.Tests"],
    "actors": ["tests/Cluster.Actors.Tests"],
    "log": ["tests/Cluster.Actors.Tests", "--filter", "FullyQualifiedName~Tests.Journal"],
    "trim": ["tests/Cluster.Journal.Tests", "--filter", "FullyQualifiedName~TrimTests"],
    "power": ["tests/Cluster.Journal.Tests", "--filter", "FullyQualifiedName~PowerLoss"],
    "node": ["tests/Cluster.Node.Tests"],
    "sync": ["tests/Cluster.EndToEnd", "--filter", "FullyQualifiedName~SyncTests"],
}
PATIENCE_SECONDS = 600


def run(command, folder, environment=None):
    """Runs a command. Returns its exit code and output; the code of a command that does not end is -1."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, timeout=PATIENCE_SECONDS, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        return -1, (late.stdout or b"").decode(errors="replace")


def first_failure(output):
    """The name of the first test that failed."""
    for line in output.splitlines():
        if line.strip().startswith("Failed Cluster."):
            return line.strip().split()[1]
    return "the run did not end" if "Failed!" not in output else "a test"


def try_mutant(copy, mutant):
    """Returns who caught the fault, or None."""
    path = copy / mutant["file"]
    text = path.read_text()
    if text.count(mutant["old"]) != 1:
        raise SystemExit(f"{mutant['name']}: the text stands {text.count(mutant['old'])} times in {mutant['file']}")
    path.write_text(text.replace(mutant["old"], mutant["new"]))
    try:
        for suite in mutant["suites"].split():
            project, *options = SUITES[suite]
            build = ["dotnet", "build", "-c", "Release", "-v", "q", "--nologo", "-p:RunAnalyzers=false",
                     "-p:TreatWarningsAsErrors=false", project]
            code, output = run(build, copy)
            if code != 0:
                raise SystemExit(f"{mutant['name']} does not compile:\n{output[-2000:]}")
            environment = {"SIMULATION_SEEDS": "600", **os.environ}
            code, output = run(["dotnet", "test", "-c", "Release", "--no-build", project, *options], copy, environment)
            if code != 0:
                return f"{suite}: {first_failure(output)}"
        return None
    finally:
        path.write_text(text)


def main():
    chosen = [each for each in mutants.MUTANTS if not sys.argv[1:] or each["name"] in sys.argv[1:]]
    survivors = 0
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        copy = pathlib.Path(folder) / "checkout"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(copy)], check=True)
        for mutant in chosen:
            began = time.monotonic()
            catcher = try_mutant(copy, mutant)
            survivors += catcher is None
            print(f"{'SURVIVED' if catcher is None else 'caught'}  {mutant['name']}: {catcher or mutant['file']}"
                  f"  ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"{len(chosen)} faults, {survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
