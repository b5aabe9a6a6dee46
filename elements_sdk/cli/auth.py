"""`elements-sdk auth`: a command for each operation, read off its record."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click

from elements_sdk import models
from elements_sdk._operations.operation import Operation
from elements_sdk.api import auth_api
from elements_sdk.cli.arguments import arguments_of, examples_of, naming_options, options_of
from elements_sdk.cli.connection import connected, connection_options, logged_in
from elements_sdk.cli.output import output_options, write
from elements_sdk.cli.preview import waiting
from elements_sdk.cli.root import Command, Group
from elements_sdk.exceptions import ApiException

# What is different about an operation in a process that makes one call and ends.
_ONCE = {
    "login": "The session ends with this command; other commands log in by themselves, with --login NAME.",
    "logout": "A command has no session of an earlier one to end: this logs in with --login NAME, and out again.",
    "start_impersonation": (
        "The impersonation ends with this command, as its session does: it shows that it would be allowed. "
        "To act as somebody, say --impersonate USER with another command."
    ),
    "stop_impersonation": (
        "There is an impersonation to stop in a session of this command's own only: with --impersonate USER."
    ),
}


class Operations(Group):
    """The group whose commands are the operations."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the operations."""
        return [command_name(operation) for operation in auth_api.OPERATIONS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make the command of an operation."""
        found = [operation for operation in auth_api.OPERATIONS if command_name(operation) == cmd_name]
        return command_of(found[0]) if found else None


@click.command(cls=Operations, short_help="Make one of the calls of the authentication API.")
def auth() -> None:
    """Make one of the calls of the authentication API.

    \b
    Example:
        elements-sdk auth get-access-token 56 --output json
    """


def command_name(operation: Operation) -> str:
    """Return the name of an operation in the form of a command: `get-access-token`."""
    return operation.name.replace("_", "-")


def command_of(operation: Operation) -> click.Command:
    """Make the command of an operation."""
    common = [*connection_options(with_identity=not operation.is_login), *output_options()]

    @click.pass_context
    def call(context: click.Context, /, **values: Any) -> None:
        _call(operation, context, values)

    return Command(
        command_name(operation),
        params=[*options_of(operation, common), *common],
        callback=call,
        help=_help(operation),
        short_help=operation.summary,
    )


def _call(operation: Operation, context: click.Context, values: dict[str, Any]) -> None:
    arguments = arguments_of(operation, context, values)
    with (
        connected(context, values, operation.needs_session, operation.is_open) as client,
        naming_options(operation, values),
        waiting(),
    ):
        if operation.is_login:
            result = logged_in(client, arguments)
            with suppress(ApiException):  # no other process can use this session
                auth_api.AuthApi(client).logout()
        else:
            result = client.call(operation, arguments, {})
    item = (operation.result or "").removeprefix("list[").removesuffix("]")
    is_model = item in models.__all__
    write(result, values, list(models.by_name(item)._declared) if is_model else ())


def _help(operation: Operation) -> str:
    needs = f"{operation.method} {operation.path}. Needs: {operation.permissions.replace('`', '')}."
    arguments = [
        f"{parameter.name.upper()}: {parameter.description}"
        for parameter in operation.parameters
        if parameter.location == "path"
    ]
    once = _ONCE.get(operation.name, "")
    examples = examples_of(operation, f"elements-sdk auth {command_name(operation)}")
    shown = "\n".join(["Example:", *(f"    {line}" for text in examples for line in text.split("\n"))])
    parts = [operation.summary, operation.description, once, needs, *arguments, f"\b\n{shown}"]
    return "\n\n".join(part for part in parts if part)
