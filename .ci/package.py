"""Builds the wheel and the sdist twice, compares and examines them, and tries the wheel as a user would.

`python .ci/package.py` does it with the files as they lie here and this interpreter; `release.py` does it with those of
a commit and every interpreter.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parents[1]
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info")
OFFLINE = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": "", "PIP_NO_INDEX": "1"}
BARE = """
import elements_sdk, importlib.metadata, pathlib, re, sys
from elements_sdk._utils.extras import missing_extra
for name in elements_sdk.__all__:
    getattr(elements_sdk, name)
assert (pathlib.Path(elements_sdk.__file__).parent / "py.typed").exists(), "py.typed is missing"
lines = [line for line in importlib.metadata.requires("elements-sdk") if "extra ==" not in line]
names = {re.match("[a-z0-9-]+", line)[0] for line in lines}
here = importlib.metadata.version("elements-sdk")
assert here == f"1!{elements_sdk.__version__}", f"the wheel calls itself {here}"
assert names == {"urllib3", "python-dateutil", "certifi", "six"}, f"the wheel asks for {names}"
for extra in sys.argv[1:]:
    assert missing_extra(extra), f"the extra {extra} is there without having been asked for"
"""
EXTRAS = """
import sys
from elements_sdk._utils.extras import missing_extra
for extra in sys.argv[1:]:
    assert missing_extra(extra) is None, missing_extra(extra)
"""


class Failed(Exception):
    """A step of the check did not end as it should."""


def main() -> int:
    """Check the files as they lie here; the exit status is 1 if anything is wrong with their packages."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            tree = Path(shutil.copytree(ROOT, Path(folder, "tree"), ignore=NOT_SOURCE))
            wheel, _ = build_twice(tree, Path(folder))
            try_without_extras(sys.executable, wheel, Path(folder, "bare"))
            try_out(sys.executable, [f"{wheel}[cli,sandbox]"], Path(folder, "extras"))
        except Failed as failed:
            print(failed, file=sys.stderr)
            return 1
    return 0


def build_twice(tree: Path, folder: Path) -> tuple[Path, Path]:
    """Build from this tree, and from a copy with leftovers of an older build in it; return wheel and sdist.

    The second time the wheel is not made by way of the sdist, so that neither way packs what the other does not.

    :raises Failed: the bytes differ, or the archives do not hold what they should.
    """
    again = Path(shutil.copytree(tree, folder / "tree with leftovers"))
    leftover = again / "build/lib/elements_sdk/left_over.py"
    leftover.parent.mkdir(parents=True)
    leftover.touch()
    say("building twice")
    run(sys.executable, "-m", "build", "--outdir", folder / "first", tree)
    run(sys.executable, "-m", "build", "--outdir", folder / "second", "--wheel", "--sdist", again)
    (wheel,), (sdist,) = (folder / "first").glob("*.whl"), (folder / "first").glob("*.tar.gz")
    for archive in (wheel, sdist):
        if archive.read_bytes() != (folder / "second" / archive.name).read_bytes():
            raise Failed(f"two builds from the same files gave different bytes: {archive.name}")
        print(f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}")
    say("examining the archives")
    run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", wheel, sdist)
    # Every file of the package is in the wheel, templates and py.typed among them, and nothing else is.
    content: list[str | Path] = ["--package", tree / "elements_sdk", "--package", tree / "elements_sdk_pytest.py"]
    run(sys.executable, "-m", "check_wheel_contents", *content, wheel)
    return wheel, sdist


def try_without_extras(python: str, wheel: Path, folder: Path) -> None:
    """Install the wheel alone: it brings the four packages, and its command says which extra it lacks.

    :raises Failed: a package is missing or too many, or the command does not name the extra.
    """
    say("installing the wheel without extras")
    inside = environment(python, folder)
    run(inside, "-m", "pip", "install", "-q", wheel)
    run(inside, "-I", "-c", BARE, *extras(wheel), cwd=folder)
    command = subprocess.run([inside.parent / "elements-sdk", "tour"], cwd=folder, capture_output=True, text=True)
    if command.returncode == 0 or "install the extra" not in command.stderr:
        raise Failed(f"elements-sdk does not say which extra it lacks:\n{command.stdout}{command.stderr}")


def try_out(python: str, requirements: list[str], folder: Path, *, wheelhouse: Path | None = None) -> None:
    """Install these requirements into a clean environment, from a wheelhouse alone if one is given, and take the tour.

    :raises Failed: something cannot be installed, or not every call of the tour succeeded.
    """
    say(f"installing {' '.join(requirement.rpartition('/')[2] for requirement in requirements)}")
    inside = environment(python, folder)
    source = ["--no-index", "--find-links", str(wheelhouse)] if wheelhouse else []
    run(inside, "-m", "pip", "install", "-q", *source, *requirements, settings=OFFLINE if wheelhouse else {})
    run(inside, "-m", "pip", "check")
    run(inside, "-I", "-c", EXTRAS, *re.findall(r"\w+", requirements[0].partition("[")[2]), cwd=folder)
    toured = run(inside.parent / "elements-sdk", "tour", cwd=folder)
    succeeded = re.search(r"(\d+) of (\d+) calls succeeded", toured)
    if not succeeded or succeeded[1] != succeeded[2]:
        raise Failed(toured)
    print(succeeded[0])


def extras(wheel: Path) -> list[str]:
    """Return the names of the extras that a wheel offers."""
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode()).get_all("Provides-Extra", [])


def environment(python: str, folder: Path) -> Path:
    """Make a clean virtual environment and return its interpreter."""
    run(python, "-m", "venv", folder)
    return folder / "bin/python"


def say(what: str) -> None:
    """Print which step begins."""
    print(f"== {what}", flush=True)


def run(*command: str | Path, cwd: Path = ROOT, settings: Mapping[str, str] | None = None) -> str:
    """Run a command, with these settings in its environment, and return what it printed.

    :raises Failed: its exit status was not 0.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={**inherited, **(settings or {})})
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
