"""What the site is made of: the same files, in the same places, as in the repository, so that every link fits both.

Besides, it has a home page of its own, and a page for each class and function that docs/api.md names.

Run as `python docs/site/pages.py` it draws the Mermaid diagrams of the pages anew, with `npx` and a Chromium. A diagram
is kept beside this file under the hash of its source, since a browser without a network cannot draw it.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import pkgutil
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
TITLE = re.compile(r"^\s*accTitle: (.+)$", re.MULTILINE)
CLASS = re.compile(r"^::: elements_sdk\.(\S+)\n(?: .*\n)*", re.MULTILINE)  # with its options
INSIDE = {
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/site/index.md", "docs/api.md"),
    *("docs/decisions.md", "docs/how-it-is-made.md", "docs/internals.md"),
}  # pages that tell how the SDK is made, and overviews: last in a search
WIDE = {"docs/reliability.md", "docs/internals.md"}  # their tables take the width of the table of contents as well
PLACES = {"docs/site/index.md": "index.html", "README.md": "README.html"}  # else the second would be the home page


def pages() -> list[Path]:
    """Name the pages of the site."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def files_of_pages() -> list[Path]:
    """Name the files that pages refer to: pictures, figures, the licence."""
    targets = {(page.parent / link).resolve() for page in pages() for link in LINK.findall(page.read_text("utf-8"))}
    return sorted(target for target in targets if target.is_file() and target.suffix != ".md")


def models() -> list[str]:
    """Name the generated pages of the models, in the order of README's table."""
    return _in_table("models")


def calls() -> list[str]:
    """Name the pages of the API classes besides `AuthApi`."""
    return sorted({*_in_table("methods")} - {"docs/AuthApi.md"})


def _in_table(name: str) -> list[str]:
    table = (ROOT / "README.md").read_text("utf-8").partition(f"<!-- {name}: generated -->")[2]
    return LINK.findall(table.partition(f"<!-- {name}: end -->")[0])


def classes() -> dict[str, str]:
    """Return the pages of the classes and functions that docs/api.md names, by their paths, in its order."""
    text = (ROOT / "docs/api.md").read_text("utf-8")
    return {f"docs/api/{found[1]}.md": found[0] for found in CLASS.finditer(text)}


def on_config(config: MkDocsConfig) -> None:
    """Put the generated pages into the navigation."""
    config.nav = _filled(config.nav)


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Take the pages from where they stand in the repository."""
    from mkdocs.structure.files import File

    for file in [file for file in files if file.src_dir == config.docs_dir]:
        files.remove(file)
    for path in [*pages(), *files_of_pages(), *HERE.glob("*.svg"), *HERE.glob("*.css")]:
        name = path.relative_to(ROOT).as_posix()
        file = File.generated(config, name, abs_src_path=str(path))
        file.dest_uri = PLACES.get(name, file.dest_uri)
        files.append(file)
    for name, content in classes().items():
        files.append(File.generated(config, name, content=content))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the picture of a diagram in the place of its source, a link in that of a class; rank the page in searches."""
    from mkdocs.exceptions import PluginError

    def picture(found: re.Match[str]) -> str:
        file, title = drawing(found[1]), TITLE.search(found[1])
        if title is None:
            raise PluginError(f"a diagram in {page.file.src_uri} has no accTitle")
        if not file.exists():
            raise PluginError(f"a diagram in {page.file.src_uri} is not drawn yet: python docs/site/pages.py")
        return f"![{title[1]}](site/{file.name})"

    def link(found: re.Match[str]) -> str:
        try:
            described = inspect.getdoc(pkgutil.resolve_name(f"elements_sdk.{found[1]}")) or ""
        except AttributeError as error:
            raise PluginError(f"{found[1]} could not be found: {page.file.src_uri}") from error
        summary = " ".join(described.partition("\n\n")[0].split())
        return f"- [`{found[1]}`](api/{found[1]}.md): {summary}\n"

    if page.file.src_uri in {*WIDE, *models()}:
        page.meta["hide"] = ["toc"]
    page.meta["search"] = {"boost": _boost(page.file.src_uri)}
    if page.file.src_uri == "docs/api.md":
        markdown = CLASS.sub(link, markdown)
    return DIAGRAM.sub(picture, markdown)


def drawing(source: str) -> Path:
    """Name the picture of a diagram."""
    return HERE / f"{hashlib.sha256(source.encode()).hexdigest()[:12]}.svg"


def draw() -> None:
    """Draw what is not drawn yet, and delete pictures that no page shows any more."""
    sources = {drawing(source): source for page in pages() for source in DIAGRAM.findall(page.read_text("utf-8"))}
    for file in set(HERE.glob("*.svg")) - sources.keys():
        file.unlink()
    for file, source in sources.items():
        if not file.exists():
            _draw(source, file)


def _boost(page: str) -> float:
    """Return how much a page counts in a search: guides and calls first, then classes, then what is not for users."""
    if page in INSIDE:
        return 0.1
    is_list = page == "docs/how-do-i.md"  # which touches everything, and leads to the guides
    return 0.3 if is_list or page in classes() or page in models() else 1


def _filled(item: Any) -> Any:
    if isinstance(item, list):
        return [_filled(page) for part in item for page in (calls() if part == "calls" else [part])]
    if isinstance(item, dict):
        return {title: _filled(part) for title, part in item.items()}
    if item == "classes":
        return [{Path(page).stem: page} for page in classes()]
    return models() if item == "models" else item


def _draw(source: str, file: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "browser.json").write_text(json.dumps({"executablePath": chromium, "args": ["--no-sandbox"]}))
        style = {"theme": "neutral", "htmlLabels": False, "flowchart": {"wrappingWidth": 400}}
        (folder / "style.json").write_text(json.dumps(style))
        (folder / "diagram.mmd").write_text(source, "utf-8")
        command = ["npx", "--yes", "-p", "@mermaid-js/mermaid-cli@11", "mmdc", "-p", "browser.json", "-c", "style.json"]
        subprocess.run(
            [*command, "-i", "diagram.mmd", "-o", str(file)],
            cwd=folder,
            check=True,
            env={**os.environ, "PUPPETEER_SKIP_DOWNLOAD": "1"},  # a browser of its own is large, and not needed
        )
    text = file.read_text("utf-8")
    width = re.search(r'viewBox="0 0 ([\d.]+)', text)
    assert width is not None
    file.write_text(text.replace('width="100%"', f'width="{width[1]}"', 1) + "\n", "utf-8")  # no wider than it need be


if __name__ == "__main__":
    draw()
