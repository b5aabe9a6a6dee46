"""Makes README's pictures anew, the tour and the report: `python docs/pictures.py`, with every extra and a Chromium."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from elements_sdk.cli.tour import Tour, show
from elements_sdk.sandbox import Sandbox

FOLDER = Path(__file__).resolve().parent / "pictures"


def draw_tour(sandbox: Sandbox) -> None:
    """Take the tour, and keep what a terminal shows of it."""
    console = Console(record=True, width=146, highlight=False, file=io.StringIO())
    tour = Tour(sandbox)
    succeeded, total = show(tour.steps(), console)
    tour.close()
    console.print(f"\n{succeeded} of {total} calls succeeded")
    svg = console.export_svg(title="elements-sdk tour", unique_id="tour")
    svg = re.sub(r'viewBox="0 0 (\S+) (\S+)"', r'width="\1" height="\2" \g<0>', svg, count=1)  # a page shows it whole
    svg = re.sub(r"\s*@font-face {.*?}", "", svg, flags=re.DOTALL)  # a browser would fetch these from elsewhere
    (FOLDER / "tour.svg").write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), "utf-8")


def draw_report(sandbox: Sandbox) -> None:
    """Write the report, and keep what a browser shows of its beginning."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("a Chromium is needed: chromium, chromium-browser or google-chrome")
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "links.html")
        settings = {"ELEMENTS_HOST": sandbox.host, "ELEMENTS_API_TOKEN": sandbox.admin.api_token}
        report = [sys.executable, "-m", "elements_sdk", "links", "report", str(page)]
        subprocess.run(report, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **settings})
        look = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=900,760"]
        picture = f"--screenshot={FOLDER / 'report.png'}"
        command = [chromium, *look, f"--user-data-dir={folder}/profile", picture, page.as_uri()]
        subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with Sandbox(tokens=200) as server:
        draw_report(server)
        draw_tour(server)
