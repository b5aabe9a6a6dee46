"""The command line: `elements-sdk`. Its packages are those of the extra `cli`."""

from __future__ import annotations

import sys

from elements_sdk.extras import missing_extra


def main() -> None:
    """Run the command line, or say what it lacks."""
    missing = missing_extra("cli")
    if missing:
        sys.exit(f"elements-sdk: {missing}")
    from elements_sdk.cli.commands import commands

    commands()
