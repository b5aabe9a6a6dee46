"""Plots as SVG text that can stand in a page."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

_COLOUR = "#2f6f9f"
_LONGEST_LABEL = 24  # characters
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: it can be found, and takes the page's font
    "svg.hashsalt": "elements-sdk",  # the same plot gives the same bytes
    "font.family": "sans-serif",
    "text.parse_math": False,  # a $ in a name is a $
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def bars(counts: Mapping[str, int]) -> str:
    """Draw lying bars, the first on top."""
    figure, axes = _figure(height=0.9 + 0.32 * max(len(counts), 1))
    places = range(len(counts))
    drawn = axes.barh(places, list(counts.values()), color=_COLOUR)
    axes.set_yticks(places, [_short(label) for label in counts])
    axes.invert_yaxis()
    axes.bar_label(drawn, padding=3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return _svg(figure)


def columns(counts: Mapping[str, int]) -> str:
    """Draw standing bars, in their order."""
    figure, axes = _figure(height=3.0)
    places = range(len(counts))
    drawn = axes.bar(places, list(counts.values()), color=_COLOUR)
    axes.set_xticks(places, [_short(label) for label in counts], rotation=45, ha="right")
    axes.bar_label(drawn, padding=2)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    return _svg(figure)


def _figure(height: float) -> tuple[Figure, Any]:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(6.4, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        axes.margins(x=0.02, y=0.08)
    return figure, axes


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "\u2026"


def _svg(figure: Figure) -> str:
    """Give the `svg` element alone, as wide as its place; matplotlib escapes what labels hold."""
    text = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(text, format="svg", metadata=dict.fromkeys(["Date", "Creator", "Format", "Type"]))
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    head, end, rest = svg.partition(">")
    return re.sub(r' (?:width|height)="[^"]*"', "", head) + end + rest
