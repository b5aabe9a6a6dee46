"""All metadata of the package."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "elements_sdk/_version.py").read_text("utf-8"))
assert VERSION is not None

REQUIRED = ["urllib3>=2.8,<3", "python-dateutil>=2.8.2", "certifi", "six>=1.16"]  # as in requirements.txt
SANDBOX = ["Django>=5.2", "djangorestframework>=3.16", "cheroot>=10", "pyotp>=2.9", "trustme>=1.2"]
AIO = ["aiohttp>=3.12"]
CLI = ["click>=8.1.8,!=8.2.0", "rich>=13"]  # click 8.2.0 completes no options
REPORT = ["Jinja2>=3.1", "matplotlib>=3.9"]  # not part of cli: they take ten times its room, for one command

setup(
    name="elements-sdk",
    version=VERSION[1],
    description="The Python client for the authentication API of ELEMENTS media-storage servers",
    long_description=(HERE / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["elements_sdk", "elements_sdk.*"]),
    package_data={"elements_sdk": ["py.typed", "cli/*.jinja"]},
    install_requires=REQUIRED,
    extras_require={"aio": AIO, "sandbox": SANDBOX, "cli": CLI, "report": REPORT},
    entry_points={
        "console_scripts": ["elements-sdk = elements_sdk.cli:main"],
        "pytest11": ["elements_sdk = elements_sdk.sandbox.pytest_plugin"],
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
