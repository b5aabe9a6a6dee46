"""`elements-sdk auth`, and a group for each other tag: a command for each operation, read off its record."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

import click

from elements_sdk import models
from elements_sdk._operations import TAGS
from elements_sdk._operations.operation import Operation
from elements_sdk.api import auth_api
from elements_sdk.cli.arguments import arguments_of, examples_of, naming_options, options_of
from elements_sdk.cli.connection import connected, connection_options, logged_in
from elements_sdk.cli.output import output_options, write
from elements_sdk.cli.preview import waiting
from elements_sdk.cli.root import Command, Group
from elements_sdk.cli.words import say_count
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
    """The group whose commands are the operations of a tag."""

    def __init__(self, name: str, tag: str) -> None:
        about = f"Make one of the calls of the {TAGS[tag]} API."
        super().__init__(name, help=about + _EXAMPLES.get(tag, ""), short_help=about)
        self._tag = tag

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the operations."""
        return [command_name(operation) for operation in self._operations()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Make the command of an operation."""
        found = [operation for operation in self._operations() if command_name(operation) == cmd_name]
        return command_of(found[0], f"{self.name}") if found else None

    def _operations(self) -> tuple[Operation, ...]:
        found: tuple[Operation, ...] = import_module(f"elements_sdk._operations.{self._tag}").OPERATIONS
        return found


_EXAMPLES = {"auth": "\n\n\b\nExample:\n    elements-sdk auth get-access-token 56 --output json"}
groups = {name: Operations(name, tag) for name, tag in ((tag.replace("_", "-"), tag) for tag in TAGS)}


def command_name(operation: Operation) -> str:
    """Return the name of an operation in the form of a command: `get-access-token`."""
    return operation.name.replace("_", "-")


def command_of(operation: Operation, group: str) -> click.Command:
    """Make the command of an operation in a group."""
    common = [*connection_options(with_identity=not operation.is_login), *output_options()]

    @click.pass_context
    def call(context: click.Context, /, **values: Any) -> None:
        _call(operation, context, values)

    return Command(
        command_name(operation),
        params=[*options_of(operation, common), *common],
        callback=call,
        help=_help(operation, group),
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
    if isinstance(result, list):
        say_count(len(result), "entry")


def _help(operation: Operation, group: str) -> str:
    needs = f"{operation.method} {operation.path}. Needs: {operation.permissions.replace('`', '')}."
    arguments = [
        f"{parameter.name.upper()}: {parameter.description}"
        for parameter in operation.parameters
        if parameter.location == "path"
    ]
    once = _ONCE.get(operation.name, "")
    examples = examples_of(operation, f"elements-sdk {group} {command_name(operation)}")
    shown = "\n".join(["Example:", *(f"    {line}" for text in examples for line in text.split("\n"))])
    parts = [operation.summary, operation.description, once, needs, *arguments, f"\b\n{shown}"]
    return "\n\n".join(part for part in parts if part)
