"""Cuts a release from the last commit: `python .ci/release.py` leaves what it has proved good in `dist/`.

It builds wheel and sdist twice from the commit alone. It tries the wheel on every interpreter: from a wheelhouse
without an index, with the lowest allowed versions of the four packages, and with each python-dateutil that matters.
"""

from __future__ import annotations

import argparse
import configparser
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from package import ROOT, Failed, build_twice, extras, run, say, try_out, try_without_extras

INTERPRETERS = ("3.11", "3.12", "3.13")
DATEUTILS = ("2.9", "3", "4")  # 2.8.2 is among the lowest allowed versions


def main() -> int:
    """Check, build and try; the exit status is 1 if anything is wrong, and `dist/` is then left as it was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allow-missing", action="store_true", help="go on where an interpreter is missing")
    allow_missing = parser.parse_args().allow_missing
    interpreters = {version: find_interpreter(version) for version in INTERPRETERS}
    wrong = [*not_ready()]
    for version, python in interpreters.items():
        print(f"Python {version}: {python or 'MISSING on this machine, so nothing is tried with it'}")
        if not python and not allow_missing:
            wrong.append(f"Python {version} is missing (--allow-missing goes on without it)")
    if wrong:
        print("Not ready for a release:", *wrong, sep="\n- ", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        try:
            wheel, sdist = build_twice(commit(Path(folder)), Path(folder))
        except Failed as failed:
            print(failed, file=sys.stderr)
            return 1
        outcomes = [line for version in INTERPRETERS for line in tried(wheel, version, interpreters[version])]
        say("what was tried")
        print(*outcomes, sep="\n")
        if any(": FAILED" in outcome for outcome in outcomes):
            return 1
        keep(wheel, sdist)
    return 0


def not_ready() -> Iterator[str]:
    """Yield what has to be done before this commit can become a release."""
    version = re.findall(r'__version__ = "(.+)"', (ROOT / "elements_sdk/_version.py").read_text("utf-8"))[0]
    newest = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[0]
    if not re.fullmatch(rf"{re.escape(version)} \(\d{{4}}-\d\d-\d\d\)", newest):
        yield f"the newest heading of CHANGELOG.md is `{newest}`; give it version and date: `{version} (YYYY-MM-DD)`"
    if run("git", "status", "--porcelain"):
        yield "there are files that are not committed: git status"
    try:
        run(sys.executable, ROOT / ".ci/public_api.py", "--exactly")
    except Failed as failed:
        yield str(failed)


def find_interpreter(version: str) -> str | None:
    """Find a Python of this version on the search path or among those of pyenv."""
    candidates = [f"python{version}", *map(str, sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")))]
    for candidate in candidates:
        asked = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"]
        try:
            reported = subprocess.run(asked, capture_output=True, text=True).stdout.split()
        except FileNotFoundError:
            continue
        if reported[:1] == [version]:
            return reported[1]
    return None


def commit(folder: Path) -> Path:
    """Write the files of the last commit, and no other, into a directory."""
    tree = folder / "tree"
    tree.mkdir()
    run("git", "-c", "tar.umask=0022", "archive", "--output", folder / "tree.tar", "HEAD")
    run("tar", "-xf", folder / "tree.tar", "-C", tree)
    return tree


def tried(wheel: Path, version: str, python: str | None) -> Iterator[str]:
    """Try the wheel on one interpreter in a clean environment each time; yield a line for each outcome."""
    if not python:
        yield f"Python {version}: MISSING, nothing was tried"
        return
    with tempfile.TemporaryDirectory() as folder:
        for number, (what, pins) in enumerate(combinations()):
            where = Path(folder, str(number))
            try:
                if pins:
                    try_out(python, [f"{wheel}[cli,sandbox]", *pins], where)
                else:
                    try_without_extras(python, wheel, Path(folder, "bare"))
                    try_offline(python, wheel, where, Path(folder, "wheelhouse"))
                yield f"Python {version}, {what}: works"
            except Failed as failed:
                print(failed, file=sys.stderr)
                absent = re.search(r"No matching distribution found for (python-dateutil\S+)", str(failed))
                yield f"Python {version}, {what}: " + (f"the index has no {absent[1]}" if absent else "FAILED")
            shutil.rmtree(where, ignore_errors=True)


def combinations() -> Iterator[tuple[str, list[str]]]:
    """Yield what is installed beside the wheel: as a description, and as requirements."""
    yield "newest of everything, every extra, from a wheelhouse without an index", []
    tox = configparser.ConfigParser()
    tox.read(ROOT / "tox.ini")
    yield "lowest allowed versions", re.findall(r"\S+==\S+", tox["testenv:lowest"]["commands_pre"])
    for release in DATEUTILS:
        yield f"python-dateutil {release}", [f"python-dateutil=={release}.*"]


def try_offline(python: str, wheel: Path, folder: Path, wheelhouse: Path) -> None:
    """Download the wheel and all it needs, then install from there alone.

    :raises Failed: something could not be downloaded or installed, or the tour failed.
    """
    say("filling a wheelhouse")
    wanted = f"{wheel}[{','.join(extras(wheel))}]"
    run(python, "-m", "pip", "download", "-q", "--dest", wheelhouse, wanted)
    try_out(python, [f"{wheelhouse / wheel.name}[{','.join(extras(wheel))}]"], folder, wheelhouse=wheelhouse)


def keep(wheel: Path, sdist: Path) -> None:
    """Put the archives into `dist/`, with their checksums, and say what is left to do."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    (ROOT / "dist").mkdir()
    sums = [f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n" for archive in (wheel, sdist)]
    (ROOT / "dist/SHA256SUMS").write_text("".join(sums), "utf-8")
    for archive in (wheel, sdist):
        shutil.copy(archive, ROOT / "dist")
    version = wheel.name.split("-")[1].partition("!")[2]
    print(f"\n{version} is in dist/. Mark its commit: git tag -a {version} -m 'Release {version}'")


if __name__ == "__main__":
    sys.exit(main())
