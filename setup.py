"""All metadata of the package, and how its wheel and its sdist are made: the same bytes from the same files."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import tarfile
from datetime import datetime
from pathlib import Path
from typing import Any

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "elements_sdk/_version.py").read_text("utf-8"))
assert VERSION is not None

REQUIRED = ["urllib3>=2.8,<3", "python-dateutil>=2.8.2", "certifi", "six>=1.16"]  # as in requirements.txt
SANDBOX = ["Django>=5.2", "djangorestframework>=3.16", "cheroot>=10", "pyotp>=2.9", "trustme>=1.2"]
AIO = ["aiohttp>=3.14,<4"]  # elements_sdk/aio/_connector.py relies on how its connections keep their timeouts
CLI = ["click>=8.2.1", "rich>=13", "tomli-w>=1.0", "PyYAML>=6"]  # 8.1 lacks NoArgsIsHelpError; 8.2.0 completes nothing
KEYRING = ["keyring>=24"]
REPORT = ["Jinja2>=3.1", "matplotlib>=3.9"]  # not part of cli: they take ten times its space, for one command

# The time of every file in the archives, unless the environment names one: when the newest release was made.
RELEASED = re.search(r"^## \S+ \(([\d-]{10})\)$", (HERE / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
MIDNIGHT = datetime.fromisoformat(f"{RELEASED[1] if RELEASED else '1980-01-01'}T00:00:00+00:00")
os.environ.setdefault("SOURCE_DATE_EPOCH", str(int(MIDNIGHT.timestamp())))
os.umask(0o022)  # a wheel keeps the modes of the files that are written for it


class BuildFromNothing(build_py):
    """A build into an empty `build/lib`: setuptools would leave there, and pack, files that no longer exist."""

    def run(self) -> None:
        own = HERE.resolve() / "build/lib"  # and no folder that somebody has named by an option
        if not self.editable_mode and Path(self.build_lib).resolve() == own:
            shutil.rmtree(own, ignore_errors=True)
        super().run()


class SourceArchive(sdist):
    """An archive of what a wheel is made of, and nothing else; it does not show who made it, where and when."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        package = [file for file in files if Path(file).parts[0] in ("elements_sdk", "elements_sdk_pytest.py")]
        super().make_release_tree(
            base_dir, ["setup.py", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", *package]
        )

    def make_archive(self, base_name: str, format: str, root_dir: Any = None, base_dir: Any = None, **_: Any) -> str:
        name = f"{base_name}.tar.gz"
        with (
            open(name, "wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=int(os.environ["SOURCE_DATE_EPOCH"])) as zipped,
            tarfile.open(fileobj=zipped, mode="w") as archive,
        ):
            archive.add(base_dir, filter=anonymous)
        return name


def anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Remove from an entry of an archive what depends on the machine and the time."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = int(os.environ["SOURCE_DATE_EPOCH"])
    entry.mode = 0o755 if entry.isdir() else 0o644
    return entry


setup(
    name="elements-sdk",
    version=f"1!{VERSION[1]}",  # an epoch (PEP 440): no resolver takes the vendor's 26.x of the same name for newer
    description="The Python client for the authentication API of ELEMENTS media-storage servers",
    long_description=(HERE / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["elements_sdk", "elements_sdk.*"]),
    py_modules=["elements_sdk_pytest"],
    package_data={"elements_sdk": ["py.typed", "cli/*.jinja"]},
    cmdclass={"build_py": BuildFromNothing, "sdist": SourceArchive},
    install_requires=REQUIRED,
    extras_require={"aio": AIO, "sandbox": SANDBOX, "cli": CLI, "keyring": KEYRING, "report": REPORT},
    entry_points={
        "console_scripts": ["elements-sdk = elements_sdk.cli:main"],
        "pytest11": ["elements_sdk = elements_sdk_pytest"],
    },
    classifiers=[
        "Development Status :: 5 - Production/Stable",
        "Intended Audience :: Developers",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Typing :: Typed",
    ],
)
