"""Draws the curves of a run: `python bench/plot.py results.json plot.png`, in an environment that has matplotlib."""

# It is installed in the environment of the plot only.
# pyright: reportMissingImports=false

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import matplotlib.ticker

OURS = "this_sdk"
COLOURS = {
    "this_sdk": "#d1495b",
    "urllib3_by_hand": "#30638e",
    "client_3_3": "#6b6b6b",
    "pydantic_httpx": "#3d8361",
    "http_client": "#8fb8de",
    "msgspec_floor": "#e0a458",
    "newest_client": "#b9a0c9",
}
LABELS = {"seconds": "seconds", "bytes": "bytes", "1/s": "calls a second"}


def draw(panel: Any, curve: dict[str, Any], titles: dict[str, str]) -> None:
    """Draw one curve a contender, this SDK's on top."""
    for name, points in curve["points"].items():
        sizes, figures = zip(*points, strict=True)
        is_ours = name == OURS
        label = "json.loads" if curve["name"] in ("decode", "memory") and name == "urllib3_by_hand" else titles[name]
        panel.plot(
            sizes,
            figures,
            label=label,
            color=COLOURS.get(name),
            linewidth=2.6 if is_ours else 1.4,
            marker="o",
            markersize=5 if is_ours else 3.5,
            zorder=3 if is_ours else 2,
        )
    panel.set_title(curve["title"], loc="left", fontweight="bold")
    panel.set_xlabel(curve["x"])
    panel.set_ylabel(LABELS[curve["unit"]])
    if curve["unit"] == "1/s":
        panel.set_xscale("log", base=2)
        panel.set_xticks([size for size, _ in curve["points"][OURS]])
        panel.xaxis.set_major_formatter(matplotlib.ticker.ScalarFormatter())
        panel.set_ylim(bottom=0)
    else:
        panel.set_xscale("log")
        panel.set_yscale("log")
    panel.grid(visible=True, color="#e6e6e6", linewidth=0.8)
    panel.legend(frameon=False, fontsize=8)


def main(source: Path, target: Path) -> None:
    """Draw the four panels."""
    results = json.loads(source.read_text("utf-8"))
    titles = {name: told["title"] for name, told in results["contenders"].items()}
    matplotlib.use("Agg")
    plt.rcParams.update({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False})
    figure, panels = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    for panel, curve in zip(panels.flat, results["curves"], strict=True):
        draw(panel, curve, titles)
    told = results["machine"]
    figure.suptitle(
        f"elements-sdk and its peers, {results['date']}, {told['cores']} cores ({told['cpu']})", fontsize=11
    )
    figure.savefig(target, dpi=130, metadata={"Software": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
