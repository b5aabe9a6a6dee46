"""Compares the public API with the recorded one: `python .ci/public_api.py`; with `--record` it is recorded anew.

The record is a package of stubs in `test/data/public_api/`, written from what griffe reads in the source, methods
without their `self`. What breaks programs that ran with the recorded API has to be named in CHANGELOG.
`griffe check` alone would miss a name that leaves the root's `__all__`, where names are loaded late; it needs an older
tag; and it leaves nothing that a review could read.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import griffe

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "test/data/public_api"
COMMAND = "python .ci/public_api.py --record"
# The modules that programs import from. Those of 3.3 (`models`, `api`, `rest`, ...) hold the names of the root.
PUBLIC = ("elements_sdk", "elements_sdk.aio", "elements_sdk.bulk", "elements_sdk.sandbox")
SPECIAL = {
    f"__{name}__" for name in ("init", "new", "enter", "exit", "aenter", "aexit", "iter", "aiter", "next", "len")
}


def main() -> int:
    """Compare or record; the exit status is 1 after a break that CHANGELOG does not name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write the record anew, if no break is unnamed")
    parser.add_argument("--exactly", action="store_true", help="fail on additions, too, that are not recorded")
    options = parser.parse_args()
    current = stubs()
    unnamed = [line for name, line in breaks(current) if name not in named_in_changelog()]
    if unnamed:
        print("The public API breaks programs that ran with the recorded one:", *unnamed, sep="\n- ", file=sys.stderr)
        print(
            "If that is meant, name it in backticks under `### Breaking` in the newest section of CHANGELOG.md,"
            f" then run: {COMMAND}",
            file=sys.stderr,
        )
        return 1
    if options.record:
        write(current, RECORD)
    elif options.exactly and any(_read(RECORD / path) != text for path, text in current.items()):
        print(f"the public API is not the recorded one; record it: {COMMAND}", file=sys.stderr)
        return 1
    return 0


def stubs() -> dict[Path, str]:
    """Return the text of each stub, by its path."""
    package = _loaded(ROOT)
    texts = {_stub_path(module): "".join(_module(package, module)) for module in PUBLIC}
    return {path: re.sub(r"\b(models|api\.pagination)\.(?=[A-Z])", "", text) for path, text in texts.items()}


def breaks(current: dict[Path, str]) -> Iterator[tuple[str, str]]:
    """Yield the names that the current API breaks, each with a line that says how."""
    with tempfile.TemporaryDirectory() as folder:
        write(current, Path(folder))
        recorded, present = (_loaded(path) for path in (RECORD, Path(folder)))
        for broken in griffe.find_breaking_changes(recorded, present):
            name = broken.obj.path.removeprefix("elements_sdk.").removeprefix("_")
            explained = re.sub(r"\x1b\[\d*m", "", broken.explain(griffe.ExplanationStyle.ONE_LINE))
            _, location, how = explained.split(": ", 2)
            parameter = "".join(re.findall(r"\(\w+\)$", location))
            yield name, f"`{name}`{parameter}: {how}"


def named_in_changelog() -> set[str]:
    """Return the names in backticks under `### Breaking` in the newest section of CHANGELOG."""
    newest = re.split(r"^## ", (ROOT / "CHANGELOG.md").read_text("utf-8"), flags=re.MULTILINE)[1]
    breaking = re.search(r"^### Breaking\n(.*?)(?=^### |\Z)", newest, re.DOTALL | re.MULTILINE)
    return set(re.findall(r"`([\w.]+)(?:\(\))?`", breaking[1])) if breaking else set()


def write(texts: dict[Path, str], folder: Path) -> None:
    """Write stubs below a directory."""
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")


def _loaded(folder: Path) -> griffe.Module:
    package = griffe.load(
        "elements_sdk",
        search_paths=[folder],
        try_relative_path=False,  # the current directory would come first
        allow_inspection=False,
        resolve_aliases=True,
    )
    assert isinstance(package, griffe.Module)
    return package


def _stub_path(module: str) -> Path:
    inner = module.split(".")[1:]
    return Path("elements_sdk", *(inner or ["__init__"])).with_suffix(".pyi")


def _module(package: griffe.Module, path: str) -> Iterator[str]:
    yield f"# The public API of {path}, recorded by `{COMMAND}`; never edited by hand.\n"
    module = package[path.partition(".")[2]] if "." in path else package
    public = sorted(map(str, module.exports or []))
    waiting = [_found(package, module, name) for name in public]
    told: set[str] = set()
    while waiting:
        described = waiting.pop(0)
        if described.path in told:
            continue
        told.add(described.path)
        yield "\n" + "".join(_object(described, public))
        if isinstance(described, griffe.Class):
            waiting += described.resolved_bases


def _found(package: griffe.Module, module: griffe.Module, name: str) -> griffe.Object:
    # griffe does not follow the root's `from elements_sdk.models import *`, nor that of `api`.
    found = module.members.get(name) or package["models"].members.get(name) or package["api"].members[name]
    return found.final_target if isinstance(found, griffe.Alias) else found


def _object(described: griffe.Object, public: list[str]) -> Iterator[str]:
    if isinstance(described, griffe.Class):
        # What a class has from a base is public even where the base is not, which an underscore tells griffe.
        ours = {base.name: _name(base, public) for base in described.resolved_bases}
        bases = [ours.get(str(base), str(base)) for base in described.bases]
        yield f"class {_name(described, public)}({', '.join(bases)}):\n"
        members = [line for member in described.members.values() if _is_shown(member) for line in _member(member)]
        yield from (f"    {line}" for line in members or ["...\n"])
    else:
        yield from _member(described)


def _member(described: griffe.Object | griffe.Alias) -> Iterator[str]:
    if isinstance(described, griffe.Function):
        yield from (f"@{kind}\n" for kind in ("classmethod", "staticmethod") if kind in described.labels)
        # The first overload is a plain call. `__new__` may take the place of `__init__`.
        signature = (described.overloads or [described])[0].signature().replace("__new__(", "__init__(", 1)
        yield f"{'async ' if 'async' in described.labels else ''}def {signature}: ...\n"
    elif isinstance(described, griffe.Attribute):
        yield f"{described.name}{f': {described.annotation}' if described.annotation else ' = ...'}\n"


def _name(described: griffe.Object | griffe.Alias, public: list[str]) -> str:
    return described.name if described.name in public else "_" + described.name.lstrip("_")


def _is_shown(member: griffe.Object | griffe.Alias) -> bool:
    return not isinstance(member, griffe.Alias) and (not member.name.startswith("_") or member.name in SPECIAL)


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
