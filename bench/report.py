"""The results of a run: as JSON, as a table for the terminal, and as the tables in the docs."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.cases import Case, Curve
from bench.environments import OURS, ROOT, SCRIPTS, Script
from bench.rounds import Result

Results = dict[str, Any]
BEGIN, END = "<!-- results: generated -->", "<!-- /results -->"
UNITS = [(1.0, "s"), (1e-3, "ms"), (1e-6, "us")]
SIZES = [(1e6, "MB"), (1e3, "kB"), (1.0, "B")]


def machine() -> dict[str, Any]:
    """Return a description of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else None
    return {"cores": os.cpu_count(), "cpu": cpu_model(), "memory_bytes": memory, "system": platform.system()}


def cpu_model() -> str:
    """Return the name of the processor, as far as the system reports it."""
    told = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", told.read_text("utf-8"), re.MULTILINE) if told.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def spread(figures: list[float]) -> dict[str, Any]:
    """Return median and quartiles."""
    low, _, high = quantiles(figures, n=4) if len(figures) > 1 else figures * 3
    return {"median": median(figures), "quartiles": [low, high]}


def of_case(case: Case, results: dict[str, Result]) -> dict[str, Any]:
    """Return a case as it stands in the JSON file; a ratio is the median of the ratios of each round."""
    contenders = {
        name: result if "error" in result else {**spread(result["rounds"]), **result}
        for name, result in results.items()
    }
    targets = []
    for target in case.targets:
        ours, theirs = (results.get(name, {}).get("rounds") for name in (OURS, target.against))
        title = Script.read(SCRIPTS / f"{target.against}.py").title
        entry: dict[str, Any] = {"against": target.against, "title": title, "target": str(target), "is_met": None}
        if ours and theirs:
            ratios = spread([target.ratio(*pair) for pair in zip(ours, theirs, strict=True)])
            entry |= {"ratio": ratios["median"], "quartiles": ratios["quartiles"]}
            entry["is_met"] = target.is_met(ratios["median"])
        targets.append(entry)
    return {
        "name": case.name,
        "title": case.title,
        "figure": case.figure,
        "contenders": contenders,
        "targets": targets,
    }


def of_curve(curve: Curve, points: dict[str, list[tuple[int, float]]]) -> dict[str, Any]:
    """Return a curve as it stands in the JSON file."""
    if curve.is_rate:
        points = {name: [(size, 1 / figure) for size, figure in found] for name, found in points.items()}
    unit = "1/s" if curve.is_rate else "bytes" if curve.figure == "bytes" else "seconds"
    return {"name": curve.name, "title": curve.title, "x": curve.x, "unit": unit, "points": points}


def of_run(rounds: int, scripts: list[Script], hellos: dict[str, Any], headers: Iterable[str]) -> Results:
    """Return what the JSON file holds besides the figures."""
    contenders = {
        script.name: {
            "title": script.title,
            "python": hellos.get(script.name, {}).get("python"),
            "packages": hellos.get(script.name, {}).get("packages"),
        }
        for script in scripts
    }
    return {
        "date": date.today().isoformat(),
        "machine": machine(),
        "rounds": rounds,
        "headers": sorted(headers),
        "contenders": contenders,
        "cases": [],
        "curves": [],
    }


def readable(figure: float, kind: str) -> str:
    """Return a figure with its unit, in three digits."""
    for size, unit in SIZES if kind == "bytes" else UNITS:
        if figure >= size:
            return f"{figure / size:.3g} {unit}"
    return f"{figure:.3g}"


def rows_of(case: dict[str, Any], titles: dict[str, str]) -> list[list[str]]:
    """Return one row a contender: median, quartiles, and the target of the SDK against it."""
    targets = {target["against"]: target for target in case["targets"]}
    rows = [
        [titles[name], *cells(result, case["figure"]), *verdict(targets.get(name))]
        for name, result in case["contenders"].items()
    ]
    absent = [target for name, target in targets.items() if name not in case["contenders"]]
    return rows + [[target["title"], "did not run", "", *verdict(target)] for target in absent]


def cells(result: dict[str, Any], kind: str) -> list[str]:
    """Return median and quartiles, or the error."""
    if "error" in result:
        text = " ".join(result["error"].split())
        return ["fails", text if len(text) <= 60 else text[:57] + "..."]
    low, high = (readable(figure, kind) for figure in result["quartiles"])
    return [readable(result["median"], kind), f"{low} - {high}"]


def verdict(target: dict[str, Any] | None) -> list[str]:
    """Return the ratio, its quartiles, the target, and whether it is met."""
    if target is None:
        return ["", "", "", ""]
    if target["is_met"] is None:
        return ["-", "", target["target"], "not measured"]
    low, high = target["quartiles"]
    met = "met" if target["is_met"] else "MISSED"
    return [f"{target['ratio']:.3f} x", f"{low:.3f} - {high:.3f}", target["target"], met]


HEADINGS = ["", "median", "quartiles", "this SDK to it", "quartiles", "target", ""]


def table(results: Results) -> str:
    """Return the table for the terminal, a section a case."""
    titles = {name: told["title"] for name, told in results["contenders"].items()}
    sections = [(case["title"], rows_of(case, titles)) for case in results["cases"]]
    every = [HEADINGS, *(row for _, rows in sections for row in rows)]
    widths = [max(len(row[column]) for row in every) for column in range(len(HEADINGS))]
    lines = []
    for title, rows in sections:
        lines += ["", title.upper(), *(line(row, widths) for row in [HEADINGS, *rows])]
    return "\n".join(lines)


def line(row: list[str], widths: list[int]) -> str:
    """Return one row, its columns aligned."""
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def pages(results: Results) -> dict[Path, str]:
    """Return the parts of the results that stand in the docs, by page."""
    parts = [circumstances(results), "\n".join("- " + text for text in versions(results))]
    whole = "\n\n".join([*parts, targets(results), figures(results)])
    return {
        ROOT / "docs/performance.md": whole,
        ROOT / "README.md": f"{circumstances(results)}\n\n{targets(results, most=4)}",
    }


def circumstances(results: Results) -> str:
    """Return when it was measured, and on what machine."""
    told = results["machine"]
    memory = f"{told['memory_bytes'] / 2**30:.0f} GiB of memory, " if told["memory_bytes"] else ""
    return (
        f"Measured on {results['date']}: {told['cores']} cores ({told['cpu']}), {memory}{told['system']},"
        f" Python {results['contenders'][OURS]['python']}; {results['rounds']} alternating rounds."
    )


def targets(results: Results, *, most: int | None = None) -> str:
    """Return the table of the targets and ratios, or `most` rows of those that are met."""
    lines = ["| what | against | this SDK to it | quartiles | target | |", "|---|---|---|---|---|---|"]
    rows = [
        f"| {' | '.join([case['title'], target['title'], *verdict(target)])} |"
        for case in results["cases"]
        for target in case["targets"]
        if most is None or target["is_met"]
    ]
    return "\n".join(lines + rows[:most])


def figures(results: Results) -> str:
    """Return every figure, a table a case."""
    titles = {name: told["title"] for name, told in results["contenders"].items()}
    tables = []
    for case in results["cases"]:
        rows = [[case["title"], "median", "quartiles"], ["---"] * 3, *(row[:3] for row in rows_of(case, titles))]
        tables.append("\n".join(f"| {' | '.join(row)} |" for row in rows))
    return "\n\n".join(tables)


def versions(results: Results) -> list[str]:
    """Return the packages in each environment, one line a contender."""
    tools = ("pip", "setuptools", "wheel")
    return [
        f"{told['title']}: "
        + (", ".join(f"{name} {version}" for name, version in sorted(packages.items()) if name not in tools) or "-")
        for told in results["contenders"].values()
        if (packages := told["packages"]) is not None
    ]


def write_page(page: Path, results: str) -> None:
    """Write results between the marks of a page."""
    text = page.read_text("utf-8")
    before, found, rest = text.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise SystemExit(f"{page} lacks the marks for results: {BEGIN} ... {END}")
    page.write_text(f"{before}{BEGIN}\n{results}\n{END}{after}", "utf-8")
