"""The command line: `elements-sdk`. Its packages are those of the extra `cli`."""

from __future__ import annotations

import sys

from elements_sdk._utils.extras import missing_extra


def main() -> None:
    """Run the command line, or say what it lacks."""
    missing = missing_extra("cli")
    if missing:
        sys.exit(f"elements-sdk: {missing}")
    try:
        from elements_sdk.cli.running import run
    except KeyboardInterrupt:  # while modules are being loaded
        sys.exit(130)
    sys.exit(run())
