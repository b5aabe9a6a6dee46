"""The commands that run a server of their own: the tour and the sandbox."""

from __future__ import annotations

import sys
from typing import Any

import click
from rich.console import Console

from elements_sdk.cli.root import Command
from elements_sdk.cli.tour import Tour, introduce, show
from elements_sdk.sandbox import Sandbox, SandboxError


@click.command("tour", cls=Command)
def run_tour() -> None:
    """Make all calls against a sandbox of their own, and show what comes.

    \b
    Example:
        elements-sdk tour
    """
    console = _console()
    with Sandbox() as sandbox:
        console.print(f"A sandbox is running at {sandbox.host} for this tour.\n")
        tour = Tour(sandbox)
        succeeded, total = show(tour.steps(), console)
        tour.close()
    console.print(f"\n{succeeded} of {total} calls succeeded")
    sys.exit(0 if succeeded == total else 1)


_PORT, _COUNT = click.IntRange(0, 65535), click.IntRange(0)


@click.command("sandbox", cls=Command)
@click.option("--port", default=0, type=_PORT, metavar="NUMBER", help="Port to listen on; a free one if left out.")
@click.option(
    "--host-name", "hosts", multiple=True, metavar="NAME", help="Another host name that it goes by; repeat it."
)
@click.option("--https", is_flag=True, help="Serve over TLS, by a certificate authority of its own.")
@click.option("--tokens", default=250, type=_COUNT, metavar="N", help="How many share links; 250 if left out.")
@click.option("--data", metavar="FILE", help="Keep everything in this file, for the next sandbox on it.")
def serve_sandbox(**options: Any) -> None:
    """Serve a sandbox until Ctrl-C, and print how to use it.

    \b
    Example:
        elements-sdk sandbox --port 8000
        elements-sdk sandbox --https --tokens 3000 --data sandbox.sqlite
    """
    console = _console()
    with Sandbox(**options) as server:
        introduce(server, console)
        try:
            server.wait()
        except KeyboardInterrupt:
            console.print("\nThe sandbox has ended.")
            return
    raise SandboxError("the sandbox has ended by itself")


def _console() -> Console:
    """Return standard output, as wide as the terminal; without one, wide enough for a row a call."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)
