"""Writes the fault table into docs/reliability.md: `python -m test.faults.document`."""

from __future__ import annotations

from pathlib import Path

from test.faults.rows import CALLS
from test.faults.table import TABLE

DOCUMENT = Path(__file__).parents[2] / "docs" / "reliability.md"
_BEGIN, _END = "<!-- faults: written by `python -m test.faults.document` -->", "<!-- faults: end -->"
_HEADINGS = ("fault", "a `GET`", "a `POST` that is safe to retry", "`login`, and any other `POST`", "`DELETE`")


def written(text: str) -> str:
    """Return the document with the table as it is now."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{_tables()}\n{_END}{after}"


def _tables() -> str:
    lines: list[str] = []
    for title, faults in TABLE.items():
        lines += ["", f"### {title}", "", _line(_HEADINGS), _line(("---",) * len(_HEADINGS))]
        for fault in faults:
            cells = (str(fault.outcomes[call]) if call in fault.outcomes else "" for call in CALLS)
            lines.append(_line((fault.name, *cells)))
    return "\n".join(lines) + "\n"


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text()))
