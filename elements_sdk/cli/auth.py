"""`elements-sdk auth`, and a group for each other tag: a command for each operation, read off its record."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from textwrap import indent
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
_EXAMPLES = {"auth": "\n\n\b\nExample:\n    elements-sdk auth get-access-token 56 --output json"}


def _group(name: str, tag: str) -> Group:
    """Make the group whose commands are the operations of a tag."""
    operations: tuple[Operation, ...] = import_module(f"elements_sdk._operations.{tag}").OPERATIONS
    about = f"Make one of the calls of the {TAGS[tag]} API.{_EXAMPLES.get(tag, '')}"
    return Group(name, [_command_of(operation, name) for operation in operations], help=about)


def _command_of(operation: Operation, group: str) -> click.Command:
    name = operation.name.replace("_", "-")
    common = [*connection_options(with_identity=not operation.is_login), *output_options()]

    @click.pass_context
    def call(context: click.Context, /, **values: Any) -> None:
        _call(operation, context, values)

    params, about = [*options_of(operation, common), *common], _help(operation, f"elements-sdk {group} {name}")
    return Command(name, params=params, callback=call, help=about)


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


def _help(operation: Operation, command: str) -> str:
    needs = f"{operation.method} {operation.path}. Needs: {operation.permissions.replace('`', '')}."
    arguments = [f"{each.name.upper()}: {each.description}" for each in operation.parameters if each.location == "path"]
    once = _ONCE.get(operation.name, "")
    examples = indent("\n".join(examples_of(operation, command)), "    ")
    parts = [operation.summary, operation.description, once, needs, *arguments, f"\b\nExample:\n{examples}"]
    return "\n\n".join(part for part in parts if part)


groups = {name: _group(name, tag) for name, tag in ((tag.replace("_", "-"), tag) for tag in TAGS)}
