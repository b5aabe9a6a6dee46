"""The commands, and what they have in common."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from elements_sdk._version import __version__
from elements_sdk.cli.tour import Tour, introduce, show
from elements_sdk.sandbox import Sandbox, SandboxError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="elements-sdk")
def commands() -> None:
    """The authentication API of ELEMENTS media-storage servers, from the shell."""


@commands.command("tour")
def run_tour() -> None:
    """Make all twelve calls against a sandbox of their own, and show what comes back.

    \b
    Example:
        elements-sdk tour
    """
    console = _console()
    with _started_sandbox() as sandbox:
        console.print(f"A sandbox is running at {sandbox.host} for this tour.\n")
        tour = Tour(sandbox)
        succeeded, total = show(tour.steps(), console)
        tour.close()
    console.print(f"\n{succeeded} of {total} calls succeeded")
    sys.exit(0 if succeeded == total else 1)


@commands.command("sandbox")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Port to listen on; a free one if left out.")
def serve_sandbox(port: int) -> None:
    """Serve a sandbox until Ctrl-C, and print how to use it.

    \b
    Example:
        elements-sdk sandbox --port 8000
    """
    console = _console()
    with _started_sandbox(port) as server:
        introduce(server, console)
        try:
            server.wait()
        except KeyboardInterrupt:
            console.print("\nThe sandbox has ended.")
            return
    raise click.ClickException("the sandbox has ended by itself")


def _console() -> Console:
    """Standard output, as wide as the terminal; where there is none, wide enough for a row a call."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


def _started_sandbox(port: int = 0) -> Sandbox:
    try:
        return Sandbox(port=port)
    except SandboxError as error:
        reason = str(error)
    raise click.ClickException(reason)
