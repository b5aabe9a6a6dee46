"""The command line: `elements-sdk`. Its packages are those of the extra `cli`."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command line, or say what it lacks."""
    missing = [name for name in ("click", "rich") if find_spec(name) is None]
    if missing:
        sys.exit(
            f'elements-sdk needs {" and ".join(missing)}; install its extras: pip install ".[cli,sandbox]" from a clone'
        )
    from elements_sdk.cli.commands import commands

    commands()
