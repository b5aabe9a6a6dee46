"""The report is written safely: nothing in the way obeys or destroys, and it tells what is shared."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from elements_sdk._serialization.decode import reader
from elements_sdk.cli.report import render
from test.command_line import COMMAND, environment, run
from test.link_server import Server, link, links


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(links(3)) as running:
        yield running


def report(
    server: Server, file: Path, folder: Path, most: int | None = None, variables: dict[str, str] | None = None
) -> tuple[int, str]:
    """Write a report; return the exit code and what was said.

    :param most: bytes that a file may have; with more, the disk is full.
    """

    def limit() -> None:
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = subprocess.run(
        [COMMAND, "links", "report", str(file)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T", **(variables or {})),
        preexec_fn=limit,
    )
    return done.returncode, done.stderr + done.stdout


@pytest.mark.parametrize("setting", ["text.usetex: True", "svg.fonttype: path\nfont.size: 99", "\x00 no settings \xff"])
def test_settings_for_plots_in_the_current_folder_are_not_obeyed(server: Server, setting: str, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    assert report(server, tmp_path / "plain.html", here) == (0, f"3 links in {tmp_path / 'plain.html'}\n")
    (here / "matplotlibrc").write_text(setting, "latin-1")
    assert report(server, tmp_path / "page.html", here) == (0, f"3 links in {tmp_path / 'page.html'}\n")
    plain, page = ((tmp_path / name).read_text("utf-8").partition("<svg")[2] for name in ("plain.html", "page.html"))
    assert page == plain


@pytest.mark.parametrize("most", [0, 1, 4096])
def test_old_page_stays_where_the_new_one_does_not_fit(server: Server, most: int, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("the old page")
    code, said = report(server, page, tmp_path, most)
    assert code == 1
    assert said == "Error: File too large\n"
    assert page.read_text() == "the old page"
    assert os.listdir(tmp_path) == ["page.html"]


def test_page_keeps_its_mode_and_a_link_to_it(server: Server, tmp_path: Path) -> None:
    page, way = tmp_path / "page.html", tmp_path / "way.html"
    page.write_text("the old page")
    page.chmod(0o640)
    way.symlink_to(page)
    assert report(server, way, tmp_path)[0] == 0
    assert way.is_symlink()
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert page.stat().st_mode & 0o777 == 0o640


def test_page_can_go_to_a_pipe(server: Server, tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "links", "report", "/dev/stdout"],
        capture_output=True,
        text=True,
        env=environment(ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T"),
    )
    assert done.stdout.startswith("<!doctype html>")


@pytest.mark.parametrize("variable", ["HOME", "MPLCONFIGDIR", "XDG_CONFIG_HOME"])
def test_home_that_cannot_be_written_does_not_matter(server: Server, variable: str, tmp_path: Path) -> None:
    page, file = tmp_path / "page.html", tmp_path / "file"
    file.touch()
    assert report(server, page, tmp_path, variables={variable: str(file)}) == (0, f"3 links in {page}\n")


def test_report_tells_what_is_shared_and_what_never_expires() -> None:
    values = [
        link(1, expires=None, shared_bundles=[{"id": 1, "name": "Dailies <1>"}], shared_directories=[4]),
        link(2, expires="2999-01-01T00:00:00Z", shared_directories=[{"id": 2, "name": "Masters"}]),
        link(3, expires="31.12.2026"),
    ]
    found = [reader("OneTimeAccessToken")(value, None) for value in values]
    page = render(found, "https://storage.example.com", 400_000)
    soon, _, never = page.partition("<h2>What never expires</h2>")
    assert "Masters" in soon
    assert "Dailies" not in soon
    assert "Dailies &lt;1&gt;, 4" in never
    assert "not known: 31.12.2026" in never
    assert "Masters" not in never


@pytest.mark.parametrize("count", [500, 501, 2000])
def test_list_of_what_never_expires_has_an_end(count: int) -> None:
    found = [reader("OneTimeAccessToken")(value, None) for value in links(count)]
    page = render(found, "https://storage.example.com", 14)
    assert page.count('<td class="expires">never</td>') == 500
    assert ("more.</p>" in page) == (count > 500)


def test_help_of_the_report_says_what_is_listed() -> None:
    assert "what never expires" in " ".join(run("links", "report", "--help").stdout.split())
