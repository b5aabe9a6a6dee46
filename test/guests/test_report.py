"""The report, drawn by matplotlib: it is written safely, needs nothing else, and tells what is shared."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from elements_sdk._serialization.decode import reader
from elements_sdk.cli.report import render
from elements_sdk.models import ElementsUserMini, OneTimeAccessToken, OneTimeAccessTokenActivity
from elements_sdk.sandbox import Sandbox
from test.cli.test_lists import expiring, variables
from test.command_line import COMMAND, as_admin, environment, run
from test.link_server import MANY, ODD_EXPIRIES, SPELLING, USUAL, Server, all_links, link, links
from test.strategies import LINKS


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


@pytest.mark.parametrize("expires", ODD_EXPIRIES, ids=str)
def test_expiry_that_cannot_be_read_is_not_never(expires: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    with Server([link(7, expires=expires)]) as server:
        assert report(server, page, tmp_path)[0] == 0
    assert "<dt>never expire</dt><dd>0</dd>" in page.read_text("utf-8")


@pytest.mark.parametrize("text", SPELLING)
def test_characters_that_words_are_spelt_with_stay_in_the_report(text: str) -> None:
    found = reader("OneTimeAccessToken")(link(7, user={"id": 1, "username": text}), None)
    assert text in render([found], "https://storage.example.com", 14)


@pytest.mark.parametrize("count", [500, 501, 2000])
def test_list_of_what_never_expires_has_an_end(count: int) -> None:
    found = [reader("OneTimeAccessToken")(value, None) for value in links(count)]
    page = render(found, "https://storage.example.com", 14)
    assert page.count('<td class="expires">never</td>') == 500
    assert ("more.</p>" in page) == (count > 500)


def test_help_of_the_report_says_what_is_listed() -> None:
    assert "what never expires" in " ".join(run("links", "report", "--help").stdout.split())


class Page(HTMLParser):
    """The addresses that a page refers to, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.tags: Counter[str] = Counter()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.references += [
            value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "data", "action")
        ]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("links", [USUAL, pytest.param(MANY, marks=pytest.mark.slow)], indirect=True)
def test_report_is_one_page_that_needs_no_other(links: Sandbox, tmp_path: Path) -> None:
    result = run("links", "report", str(tmp_path / "links.html"), **as_admin(links))
    everything = all_links(links)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == f"{len(everything):,} links in {tmp_path / 'links.html'}\n"
    text = (tmp_path / "links.html").read_text("utf-8")
    page = Page(text)
    assert page.tags["svg"] == 4
    assert page.tags["script"] == page.tags["link"] == page.tags["img"] == page.tags["iframe"] == 0
    assert all(reference.startswith("#") for reference in page.references)
    assert not re.findall(r"@import|url\((?!#)", text)
    assert 'name="viewport"' in text
    assert "@media print" in text
    assert not [link.id for link in everything if link.token in text]
    for title in ("Links by owner", "Links by age", "Views by week", "Expiring within 14 days"):
        assert title in page.words


def test_report_takes_names_for_text() -> None:
    user = ElementsUserMini(id=1, username="<script>alert(1)</script> $x^2$ &amp;")
    visit = OneTimeAccessTokenActivity(ip="192.0.2.1", token=1)
    link = OneTimeAccessToken(id=1, user=user, url="/<b>", token="SECRET-1234", expires="2999-01-01")  # type: ignore[arg-type]
    other = OneTimeAccessToken(id=2, user=ElementsUserMini(id=2, username="$x^2$ & Co"), url="/", token="T")
    link.local_vars_configuration = None
    object.__setattr__(link, "_activity", [visit])
    text = render([link, other], "https://storage.example.com", 400_000)
    assert "<script>" not in text
    assert "<b>" not in text
    assert re.search(r"<text[^>]*>&lt;script&gt;alert", text)
    assert re.search(r"<text[^>]*>\$x\^2\$ &amp;", text)
    assert "SECRET" not in text


def test_report_of_nothing_says_so_instead_of_plots() -> None:
    page = Page(render([], "https://storage.example.com", 14))
    assert page.tags["svg"] == page.tags["table"] == 0
    assert page.words.count("None.") == 4
    assert "Nothing." in page.words


def test_report_says_which_links_it_is_about(links: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "links.html"
    assert run("links", "report", str(file), "--expired", "--owner", "editor", **as_admin(links)).returncode == 0
    assert "Only links that have expired and were made by editor" in file.read_text("utf-8")
    assert run("links", "report", str(file), **as_admin(links)).returncode == 0
    assert "Only links" not in file.read_text("utf-8")


@pytest.mark.parametrize("soon", [1, 14, 15, 90, 3650])
def test_report_counts_each_link_that_expires_soon_once(soon: int) -> None:
    now = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    ends = [now + timedelta(minutes=30), now + timedelta(days=soon), now + timedelta(days=soon, minutes=1)]
    user = ElementsUserMini(id=1, username="ada")
    links = [OneTimeAccessToken(id=n, user=user, url="/m", token="T", expires=end) for n, end in enumerate(ends)]
    text = render(links, "https://storage.example.com", soon, now=now)
    words = re.findall(r'aria-label="Expiring within [^"]+"', text)[0]
    assert sum(int(count) for count in re.findall(r"\d{4}: (\d+)", words)) == 2
    assert words.count(": ") <= 15


def test_report_that_cannot_be_written_is_an_error_in_words(links: Sandbox) -> None:
    result = run("links", "report", "/nowhere/links.html", **as_admin(links))
    assert result.returncode == 2
    assert result.stderr.startswith("Error: /nowhere/links.html cannot be written: there is no such folder\n")
    assert links.requests == []


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(values=LINKS)
def test_no_shape_of_a_link_breaks_the_report(values: dict[str, Any]) -> None:
    render([reader("OneTimeAccessToken")(values, None)], "https://storage.example.com", 14).encode()


LIST = "import os, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone'); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.mark.parametrize("name", ["page.html", "x" * 250 + ".html", "\u00e9" * 120 + ".html"])
def test_report_from_a_folder_that_is_gone(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    with Server(links(3)) as server:
        variables = environment(ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T")
        arguments = [sys.executable, "-c", LIST, COMMAND, "links", "report", str(file)]
        ended = subprocess.run(arguments, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert (ended.returncode, ended.stderr) == (0, f"3 links in {file}\n")
        assert "<html" in file.read_text("utf-8")
        relative = [*arguments[:-1], name]
        ended = subprocess.run(relative, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 1
        assert "fault" not in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("span", [("7d", "7 days"), ("1d", "1 day"), ("36h", "36 hours"), ("30m", "0.5 hours")])
def test_page_says_within_which_time(span: tuple[str, str], tmp_path: Path) -> None:
    with Server(expiring()) as server:
        file = tmp_path / "links.html"
        done = run("links", "report", str(file), "--expires-within", span[0], **variables(server))
        assert done.returncode == 0
        assert f"expire within {span[1]}" in file.read_text("utf-8")
