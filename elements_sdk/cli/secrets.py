"""Secrets: asked for without an echo, read from standard input, or taken from the environment."""

from __future__ import annotations

import sys

import click

from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk.cli.root import ATTACHED

ASK = "\x00ask"  # the value of an option that was given without one
HOW = "`-` reads a line of standard input, no value asks"


def secret(value: str) -> Opaque[str]:
    """Wrap the value of an option that may be secret."""
    return Opaque(value.removeprefix(ATTACHED))


def secret_option(flag: str, name: str, help: str, variable: str) -> click.Option:
    """Make an option for a secret: `--otp -` reads a line of standard input, `--otp` alone asks."""
    return click.Option(
        [flag, name],
        type=secret,
        help=f"{help.rstrip('.')} ({HOW}).",
        envvar=variable,
        show_envvar=True,
        is_flag=False,
        flag_value=ASK,
        metavar="[SECRET]",
    )


def resolved(label: str, given: Opaque[str] | None) -> str | None:
    """Return the secret that the value of an option stands for.

    :raises click.UsageError: it is asked for and there is no terminal, or standard input has no line for it.
    """
    if given is None:
        return None
    if reveal(given) == ASK or (reveal(given) == "-" and is_a_terminal()):
        return ask(label)
    if reveal(given) != "-":
        return reveal(given)
    line = sys.stdin.readline().rstrip("\r\n") if sys.stdin else ""
    if not line.strip():
        raise click.UsageError(f"{label}: standard input has no line for it")
    return line


def ask(label: str) -> str:
    """Ask for a secret, without an echo.

    :raises click.UsageError: there is no terminal to ask on.
    """
    if not is_a_terminal():
        raise click.UsageError(f"{label} is needed, and there is no terminal to ask for it")
    return str(click.prompt(label, hide_input=True, err=True))


def is_a_terminal() -> bool:
    """Return whether standard input is a terminal, so that a question can be answered."""
    return sys.stdin is not None and sys.stdin.isatty()
