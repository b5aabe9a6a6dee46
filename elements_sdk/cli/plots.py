"""Plots as SVG text that can stand in a page."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, chdir, suppress
from pathlib import Path
from typing import Any

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of a home that cannot be written, say


with ExitStack() as stack:
    with suppress(FileNotFoundError):  # the current folder has been deleted, and has no `matplotlibrc`
        stack.enter_context(chdir(Path(__file__).parent))  # else one would be obeyed: `usetex` runs latex
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

_COLOUR, _TEXT = "#2f6f9f", "#1c2733"
_LONGEST_LABEL = 22  # characters
_CHARACTERS_ABOVE = 60  # that fit above the columns of a plot
_WIDTH = 5.2  # inches; the page shows a plot a little larger, and on a phone a little smaller
_MARGIN = 1.12  # the value axis ends where the number on the longest bar does
_STYLE: Any = {
    # whatever a `matplotlibrc` of the user says
    **{name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")},
    "svg.fonttype": "none",  # text stays text: it can be found, and takes the page's font
    "svg.hashsalt": "elements-sdk",  # the same plot gives the same bytes
    "font.family": "sans-serif",
    "font.size": 10.5,
    "text.color": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "axes.edgecolor": "#8595a5",
    "text.parse_math": False,  # a $ in a name is a $
}


@mpl.rc_context(_STYLE)  # while all of it is drawn: a label takes `text.parse_math` when it is made
def bars(counts: Mapping[str, int]) -> str:
    """Draw horizontal bars, the first on top, each with its number."""
    figure, axes = _figure(height=0.2 + 0.32 * max(len(counts), 1), kept="left")
    positions = range(len(counts))
    drawn = axes.barh(positions, list(counts.values()), color=_COLOUR, height=0.7)
    axes.set_yticks(positions, [_short(label) for label in counts])
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.set_xlim(0, max(counts.values(), default=1) * _MARGIN or 1)
    axes.bar_label(drawn, fmt="{:,.0f}", padding=3)
    return _svg(figure)


@mpl.rc_context(_STYLE)
def columns(counts: Mapping[str, int], labels: Sequence[str]) -> str:
    """Draw vertical bars, in their order, each with its number.

    :param labels: what stands below them.
    """
    figure, axes = _figure(height=2.5, kept="bottom")
    positions = range(len(counts))
    drawn = axes.bar(positions, list(counts.values()), color=_COLOUR, width=0.75)
    axes.set_xticks(positions, labels)
    axes.set_yticks([])
    axes.set_ylim(0, max(counts.values(), default=1) * _MARGIN or 1)
    numbers = [f"{count:,}" if count else "" for count in counts.values()]
    is_crowded = max(map(len, numbers), default=0) * len(numbers) > _CHARACTERS_ABOVE
    axes.bar_label(drawn, labels=numbers, padding=2, size=7 if is_crowded else 9.5)
    return _svg(figure)


def _figure(height: float, kept: str) -> tuple[Figure, Any]:
    """Make a figure with one line, from which the bars rise; they carry their numbers, so no axis shows them."""
    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.subplots()
    axes.margins(0.02)
    axes.tick_params(length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side == kept)
    return figure, axes


def _short(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "\u2026"


def _svg(figure: Figure) -> str:
    """Return the `svg` element alone, as wide as its container; matplotlib escapes the text of labels."""
    text = io.StringIO()
    with warnings.catch_warnings():
        # The reader's machine draws the text, by fonts of its own.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(text, format="svg", metadata=dict.fromkeys(["Date", "Creator", "Format", "Type"]))
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    head, end, rest = svg.partition(">")
    return re.sub(r' (?:width|height)="[^"]*"', "", head) + end + rest
