"""The options of an operation, read off its record, and the arguments of its call, read off the options."""

from __future__ import annotations

import inspect
import json
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from elements_sdk import models
from elements_sdk._operations.operation import Operation, Parameter
from elements_sdk._utils.errors import Translated
from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk._utils.text import closest
from elements_sdk.cli.errors import USAGE, CommandFailed
from elements_sdk.cli.files import unreadable
from elements_sdk.cli.secrets import HOW, ask, is_a_terminal, resolved, secret, secret_option
from elements_sdk.exceptions import ApiTypeError, ApiValueError
from elements_sdk.models._base import Model, Property

_DATA = "request_data"


class JsonText(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.3 on only
    """A value of an option that is written as JSON."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        with Translated(ValueError, lambda _: click.BadParameter("this is not JSON", ctx, param)):
            return json.loads(value) if isinstance(value, str) else value


def options_of(operation: Operation, taken: list[click.Parameter]) -> list[click.Parameter]:
    """Make the arguments and options of an operation: path, query, and one option a property of the body.

    :param taken: options that the command has anyway; one of the same name gets `request-` before its own.
    """
    used = {flag for option in taken for flag in option.opts} | {"--help", "--data"}
    made: list[click.Parameter] = []
    for parameter in operation.parameters:
        name, kind = f"argument_{parameter.name}", _type(parameter.type)
        if parameter.location == "path":
            made.append(click.Argument([name], type=kind, metavar=parameter.name.upper()))
        else:
            made.append(_query_option(parameter, name, _flag(parameter.name, used)))
    if operation.body:
        made += [_body_option(operation, declared, _flag(name, used)) for name, declared in _properties(operation)]
        about = f"{operation.body_description.rstrip('.')}, as JSON; @FILE reads a file, `-` standard input."
        made.append(click.Option(["--data", _DATA], type=secret, metavar="JSON", help=about))
    return made


def arguments_of(operation: Operation, context: click.Context, values: Mapping[str, Any]) -> Opaque[dict[str, Any]]:
    """Return the arguments of the call, read from the values of the options.

    :raises click.UsageError: something is missing, or given twice.
    """
    arguments = Opaque({parameter.name: values[f"argument_{parameter.name}"] for parameter in operation.parameters})
    if operation.body:
        read = _properties_given if values[_DATA] is None else _data
        reveal(arguments)["data"] = reveal(read(operation, context, values))
    return arguments


@contextmanager
def naming_options(operation: Operation, values: Mapping[str, Any]) -> Iterator[None]:
    """Name the option that was given, not the model's property, where the body is refused before it is sent.

    :raises CommandFailed: a property has a value that is not allowed.
    """

    def named(error: Exception) -> Exception:
        model, _, rest = str(error).partition(".")
        name, space, problem = rest.partition(" ")
        if model != operation.body or name not in dict(_properties(operation)):
            return error
        given = f"--{name.replace('_', '-')}" if values[_DATA] is None else f"--data: {name}"
        hint = f"`{click.get_current_context().command_path} --help` shows what can be given"
        return CommandFailed(f"{given}{space}{problem}", hint, USAGE)

    with Translated((ApiTypeError, ApiValueError), named):
        yield


def examples_of(operation: Operation, command: str) -> list[str]:
    """Return example command lines: with options, and with secrets left to the prompt."""
    plain = " ".join([command, *(str(each.example or 1) for each in operation.parameters if each.location == "path")])
    filters = [each for each in operation.parameters if each.location != "path" and each.example is not None]
    secrets = [name for name, declared in _properties(operation) if declared.secret and declared.required]
    given = [(each.name, str(each.example)) for each in filters]
    given += [(name, _quoted(value)) for name, value in operation.body_example if name not in secrets]
    asks = f"  # asks for {' and '.join(secrets)}" if secrets else ""
    lines = [_wrapped([plain, *(f"{_flag(name, set())} {value}" for name, value in given)]) + asks]
    return [*lines, f"{plain} --data @body.json"] if operation.body else lines


def _data(operation: Operation, context: click.Context, values: Mapping[str, Any]) -> Opaque[dict[str, Any]]:
    said = {name for name in values if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if any(name.startswith("body_") for name in said):
        raise click.UsageError("--data is the whole body: leave the options for its properties out", context)
    body = json_in(values[_DATA])
    if not isinstance(reveal(body), dict):
        raise click.UsageError("--data must be a JSON object, in braces", context)
    known = dict(_properties(operation, all_of_them=True))
    for name in reveal(body):
        if name not in known:
            close = closest(name, known)
            meant = f"did you mean {close!r}?" if close else f"it has {', '.join(known)}"
            raise click.UsageError(f"--data: {operation.body} has no property {name!r}; {meant}", context)
    return body


def json_in(given: Opaque[str]) -> Opaque[Any]:
    """Read the JSON of `--data`.

    :raises click.UsageError: it is not JSON; where, is said, and nothing of it is shown.
    """
    text = Opaque(text_given(given))

    def refused(error: Exception) -> click.UsageError:
        problem = "--data is not JSON that can be read"  # a number, or a depth, beyond what Python reads
        if not reveal(text).strip():
            problem = "--data is empty; it takes JSON"
        elif isinstance(error, json.JSONDecodeError):
            problem = f"--data is not JSON: see line {error.lineno}, column {error.colno}"
        return click.UsageError(problem, click.get_current_context())

    with Translated((ValueError, RecursionError), refused):
        return Opaque(json.loads(reveal(text)))


def text_given(given: Opaque[str]) -> str:
    """Return the text of `--data`: the value itself, what the file behind `@` holds, or standard input for `-`."""
    if reveal(given) == "-":
        return sys.stdin.read().removeprefix("\ufeff") if sys.stdin else ""  # without, after the shell's <&-
    if not reveal(given).startswith("@"):
        return reveal(given)
    path = reveal(given)[1:]
    if not path:
        raise CommandFailed("--data: a file's name is missing after @", code=USAGE)
    with unreadable("--data", path):
        return Path(path).read_text("utf-8-sig")


def _properties_given(
    operation: Operation, context: click.Context, values: Mapping[str, Any]
) -> Opaque[dict[str, Any]]:
    """Collect the properties in the order they were given, so that each `-` reads the next line; then ask."""
    declared = dict(_properties(operation))
    body: Opaque[dict[str, Any]] = Opaque({})
    for name, value in values.items():
        key = name.removeprefix("body_")
        if name.startswith("body_") and value is not None and value != ():
            if declared[key].secret:
                reveal(body)[key] = resolved(key, value)
            else:
                reveal(body)[key] = list(value) if isinstance(value, tuple) else value
    for name, rules in declared.items():
        if rules.required and name not in reveal(body):
            reveal(body)[name] = _asked_for(operation, name, rules, context)
    return body


def _asked_for(operation: Operation, name: str, rules: Property, context: click.Context) -> str:
    flag = f"--{name.replace('_', '-')}"
    if not rules.secret:
        raise click.UsageError(f"Missing option '{flag}' (or --data).", context)
    if is_a_terminal():
        return ask(name)
    variable = environment_name(operation, name)
    raise click.UsageError(
        f"'{flag}' is missing, and there is no terminal to ask: {HOW.split(',')[0]}, or set {variable}", context
    )


def environment_name(operation: Operation, name: str) -> str:
    """Return the name of the variable that may hold a property; for a login, without the operation's name."""
    return f"ELEMENTS_{name}".upper() if operation.is_login else f"ELEMENTS_{operation.name}_{name}".upper()


def _properties(operation: Operation, all_of_them: bool = False) -> Iterator[tuple[str, Property]]:
    """Yield the properties of the body; by default only those that a caller sets."""
    model: type[Model] | None = models.by_name(operation.body) if operation.body else None
    for name, declared in model._declared.items() if model else ():
        if all_of_them or not declared.read_only:
            yield name, declared


def _query_option(parameter: Parameter, name: str, flag: str) -> click.Option:
    return click.Option(
        [flag, name],
        type=_type(parameter.type),
        required=parameter.required,
        help=parameter.description,
        shell_complete=lambda _context, _option, begun: [word for word in parameter.known if word.startswith(begun)],
    )


def _body_option(operation: Operation, declared: Property, flag: str) -> click.Option:
    name, about = f"body_{declared.name}", _described(operation, declared)
    variable = environment_name(operation, declared.name)
    if declared.secret:
        return secret_option(flag, name, about, variable)
    about += " Needed." if declared.required else ""
    if declared.type == "bool":
        return click.Option([f"{flag}/--no-{flag[2:]}", name], default=None, help=about)
    if declared.type in ("list[str]", "list[int]"):
        about += " May be given more than once."
        return click.Option([flag, name], type=_type(declared.type[5:-1]), multiple=True, help=about)
    kind = click.Choice(declared.enum) if declared.enum else _type(declared.type)
    named = variable if operation.is_login and declared.type == "str" else None
    return click.Option([flag, name], type=kind, help=about, envvar=named, show_envvar=True)


def _described(operation: Operation, declared: Property) -> str:
    """Return what a property is for, from its model's docstring; without docstrings (`-OO`), its name."""
    text = inspect.getdoc(models.by_name(str(operation.body))) or ""
    found = re.search(rf"^:ivar {declared.name}: (.+(?:\n +.+)*)", text, re.MULTILINE)
    words = " ".join(found[1].split()) if found else declared.name
    return words[:1].upper() + words[1:]


def _type(declared: str) -> click.ParamType[Any]:
    if declared.startswith("list[") or declared[:1].isupper() or declared == "object":
        return JsonText()
    return click.INT if declared == "int" else click.FLOAT if declared == "float" else click.STRING


def _flag(name: str, used: set[str]) -> str:
    flag = f"--{name.replace('__', '-').replace('_', '-')}"
    if flag in used:
        flag = f"--request-{flag[2:]}"
    used.add(flag)
    return flag


def _quoted(value: Any) -> str:
    return shlex.quote(value if isinstance(value, str) else json.dumps(value))


def _wrapped(words: list[str]) -> str:
    """Write a command on lines of at most 90 columns."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) > 88:
            lines.append("   ")
        lines[-1] += f" {word}"
    return " \\\n    ".join(line.rstrip() for line in lines)
