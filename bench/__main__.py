"""The SDK compared with its peers: `python -m bench`. Needs nothing but Python and, on first use, the package index.

It makes an environment for each contender, runs all of them against a canned server on loopback in alternating rounds,
prints medians, quartiles and ratios with their targets, and writes `bench/results/latest.json` and `latest.png`.
A run that is not complete (`--quick`, `--only`, `--no-curves`) writes `trial.json` instead. docs/performance.md
explains the rows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from bench import canned, report
from bench.cases import CASES, CURVES
from bench.environments import DEFAULT_FOLDER, ROOT, Environments
from bench.rounds import Ring

RESULTS = ROOT / "bench/results"
REQUIREMENTS = ROOT / "bench/requirements.txt"


def read_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        "python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=40, help="alternating rounds of each case (40)")
    parser.add_argument("--only", nargs="+", metavar="CASE", choices=[case.name for case in CASES], help="these cases")
    parser.add_argument("--quick", action="store_true", help="three rounds: to try it out")
    parser.add_argument("--no-curves", action="store_true", help="leave out how cost grows, and the plot")
    parser.add_argument(
        "--environments",
        default=str(DEFAULT_FOLDER),
        metavar="FOLDER",
        help="where the environments are kept (%(default)s); 'current': make none, run here what can run",
    )
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="where results go")
    parser.add_argument("--write-docs", action="store_true", help="only write latest.json into the docs")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace, environments: Environments) -> report.Results:
    """Run what the options ask for."""
    rounds = 3 if options.quick else options.rounds
    with canned.running() as host:
        ring = Ring(environments, host)
        cases = []
        for case in CASES:
            if not options.only or case.name in options.only:
                print(f"measuring: {case.title}", file=sys.stderr)
                cases.append(report.of_case(case, ring.run(case, rounds)))
        curves = []
        for curve in [] if options.no_curves or options.only else CURVES:
            print(f"measuring: {curve.title}", file=sys.stderr)
            curves.append(report.of_curve(curve, ring.grow(curve, min(rounds, 5))))
        results = report.of_run(rounds, ring.scripts, ring.hellos, ring.headers)
    return results | {"cases": cases, "curves": curves}


def main(arguments: list[str] | None = None) -> None:
    """Run the measurements, print them, and write the results."""
    options = read_options(arguments)
    latest = options.results / "latest.json"
    if options.write_docs:
        for page, text in report.pages(json.loads(latest.read_text("utf-8"))).items():
            report.write_page(page, text)
        return
    folder = None if options.environments == "current" else Path(options.environments).absolute()
    environments = Environments(folder)
    results = run(options, environments)
    print(report.table(results))
    is_complete = not (options.quick or options.only or options.no_curves)
    target = latest if is_complete else options.results / "trial.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    print(f"\nwritten: {target}")
    if results["curves"]:
        python = environments.python("plot", REQUIREMENTS.read_text("utf-8").split())
        plot = target.with_suffix(".png")
        subprocess.run([python, str(ROOT / "bench/plot.py"), str(target), str(plot)], check=True)
        print(f"written: {plot}")


if __name__ == "__main__":
    main()
