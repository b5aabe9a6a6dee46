"""Secrets: asked for without an echo, read from standard input, or taken from the environment."""

from __future__ import annotations

import sys
from typing import Any

import click

from elements_sdk._utils.redaction import MaskedDict

ASK = "\x00ask"  # the value of an option that was given without one
HOW = "`-` reads a line of standard input, no value asks"


def secret_option(flag: str, name: str, help: str, variable: str) -> click.Option:
    """Make an option for a secret: `--otp -` reads a line of standard input, `--otp` alone asks."""
    return click.Option(
        [flag, name],
        help=f"{help.rstrip('.')} ({HOW}).",
        envvar=variable,
        show_envvar=True,
        is_flag=False,
        flag_value=ASK,
        metavar="[SECRET]",
    )


def resolved(label: str, value: str | None) -> str | None:
    """Return the secret that the value of an option stands for.

    :raises click.UsageError: it is asked for and there is no terminal, or standard input has no line for it.
    """
    if value == ASK or (value == "-" and is_a_terminal()):
        return ask(label)
    if value != "-":
        return value
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
    answer: Any = click.prompt(label, hide_input=True, err=True)
    return str(answer)


def is_a_terminal() -> bool:
    """Return whether standard input is a terminal, so that a question can be answered."""
    return sys.stdin is not None and sys.stdin.isatty()


def masked_values(values: dict[str, Any]) -> MaskedDict:
    """Return the values of a command line in a dict that no traceback shows."""
    return MaskedDict(values)
