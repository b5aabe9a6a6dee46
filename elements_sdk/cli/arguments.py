"""The options of an operation, read off its record, and the arguments of its call, read off the options."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from elements_sdk import models
from elements_sdk._operations.operation import Operation, Parameter
from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk.cli.errors import USAGE, CommandFailed
from elements_sdk.cli.secrets import HOW, Secret, ask, is_a_terminal, resolved, secret_option
from elements_sdk.exceptions import ApiTypeError, ApiValueError
from elements_sdk.models._base import Model, Property

_TYPES: dict[str, click.ParamType[Any]] = {"int": click.INT, "float": click.FLOAT}
_DATA = "request_data"


class JsonText(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.3 on only
    """A value of an option that is written as JSON."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the value."""
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError:
            problem = "this is not JSON"
        raise click.BadParameter(problem, ctx, param)


def options_of(operation: Operation, taken: list[click.Parameter]) -> list[click.Parameter]:
    """Make the arguments and options of an operation: path, query, and one option a property of the body.

    :param taken: options that the command has anyway; one of the same name gets `request-` before its own.
    """
    used = {flag for option in taken for flag in option.opts} | {"--help", "--data"}
    made: list[click.Parameter] = []
    for parameter in operation.parameters:
        if parameter.location == "path":
            made.append(
                click.Argument([f"path_{parameter.name}"], type=_type(parameter.type), metavar=_metavar(parameter))
            )
        else:
            made.append(_query_option(parameter, _flag(parameter.name, used)))
    if operation.body:
        made += [_body_option(operation, declared, _flag(name, used)) for name, declared in _properties(operation)]
        about = f"{operation.body_description.rstrip('.')}, as JSON; @FILE reads a file, `-` standard input."
        made.append(click.Option(["--data", _DATA], type=Secret(), metavar="JSON", help=about))
    return made


def arguments_of(operation: Operation, context: click.Context, values: Mapping[str, Any]) -> Opaque[dict[str, Any]]:
    """Return the arguments of the call, read from the values of the options.

    :raises click.UsageError: something is missing, or given twice.
    """
    arguments: Opaque[dict[str, Any]] = Opaque({})
    for parameter in operation.parameters:
        name = f"{'path' if parameter.location == 'path' else 'query'}_{parameter.name}"
        reveal(arguments)[parameter.name] = values[name]
    if operation.body:
        is_said = values[_DATA] is not None
        body = _data(operation, context, values) if is_said else _properties_given(operation, context, values)
        reveal(arguments)["data"] = reveal(body)
    return arguments


@contextmanager
def naming_options(operation: Operation, values: Mapping[str, Any]) -> Iterator[None]:
    """Name the option that was given, not the model's property, where the body is refused before it is sent.

    :raises CommandFailed: a property has a value that is not allowed.
    """
    try:
        yield
    except (ApiTypeError, ApiValueError) as error:
        model, _, rest = str(error).partition(".")
        name, space, problem = rest.partition(" ")
        if model != operation.body or name not in dict(_properties(operation)):
            raise
        given = f"--{name.replace('_', '-')}" if values[_DATA] is None else f"--data: {name}"
        words = f"{given}{space}{problem}"
    else:
        return
    raise CommandFailed(words, f"`{click.get_current_context().command_path} --help` shows what can be given", USAGE)


def examples_of(operation: Operation, command: str) -> list[str]:
    """Return example command lines: with options, and with secrets left to the prompt."""
    words = [
        command,
        *(str(parameter.example or 1) for parameter in operation.parameters if parameter.location == "path"),
    ]
    plain = list(words)
    for parameter in operation.parameters:
        if parameter.location != "path" and parameter.example is not None:
            words.append(f"{_flag(parameter.name, set())} {parameter.example}")
    secrets = [name for name, declared in _properties(operation) if declared.secret and declared.required]
    for name, value in operation.body_example:
        if name not in secrets:
            words.append(f"{_flag(name, set())} {_quoted(value)}")
    lines = [_wrapped(words)]
    if secrets:
        lines[0] += f"  # asks for {' and '.join(secrets)}"
    if operation.body:
        lines.append(" ".join([*plain, "--data @body.json"]))
    return lines


def _data(operation: Operation, context: click.Context, values: Mapping[str, Any]) -> Opaque[dict[str, Any]]:
    said = [
        name
        for name, value in values.items()
        if name.startswith("body_") and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if said:
        raise click.UsageError("--data is the whole body: leave the options for its properties out", context)
    body, problem = json_in(text_given(reveal(values[_DATA])))
    if not problem and not isinstance(reveal(body), dict):
        problem = "--data must be a JSON object, in braces"
    if problem:
        raise click.UsageError(problem, context)
    known = dict(_properties(operation, all_of_them=True))
    for name in reveal(body):
        if name not in known:
            close = get_close_matches(name, known, n=1)
            meant = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known)}"
            raise click.UsageError(f"--data: {operation.body} has no property {name!r}; {meant}", context)
    return body


def json_in(text: str) -> tuple[Opaque[Any], str | None]:
    """Read JSON, or say what is wrong with the text, without showing it."""
    try:
        return Opaque(json.loads(text)), None
    except json.JSONDecodeError as error:
        problem = f"--data is not JSON: see line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):  # a number, or a depth, beyond what Python reads
        problem = "--data is not JSON that can be read"
    return Opaque(None), problem if text.strip() else "--data is empty; it takes JSON"


def text_given(value: str) -> str:
    """Return the text of `--data`: the value itself, what the file behind `@` holds, or standard input for `-`."""
    if value == "-":
        return sys.stdin.read().removeprefix("\ufeff") if sys.stdin else ""  # without, after the shell's <&-
    if not value.startswith("@"):
        return value
    if value == "@":
        raise CommandFailed("--data: a file's name is missing after @", code=USAGE)
    try:
        return Path(value[1:]).read_text("utf-8-sig")
    except UnicodeDecodeError:
        problem = "it is not UTF-8 text"
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "that is not a path"
    raise CommandFailed(f"--data: {value[1:]} cannot be read: {problem}", code=USAGE)


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


def _query_option(parameter: Parameter, flag: str) -> click.Option:
    return click.Option(
        [flag, f"query_{parameter.name}"],
        type=_type(parameter.type),
        required=parameter.required,
        help=parameter.description,
        shell_complete=lambda _context, _option, begun: [word for word in parameter.known if word.startswith(begun)],
    )


def _body_option(operation: Operation, declared: Property, flag: str) -> click.Option:
    name, help = f"body_{declared.name}", _described(operation, declared)
    variable = environment_name(operation, declared.name)
    if declared.secret:
        return secret_option(flag, name, help, variable)
    about = f"{help} Needed." if declared.required else help
    if declared.type == "bool":
        return click.Option([f"{flag}/--no-{flag[2:]}", name], default=None, help=about)
    if declared.type in ("list[str]", "list[int]"):
        return click.Option(
            [flag, name], type=_type(declared.type[5:-1]), multiple=True, help=f"{about} May be given more than once."
        )
    kind = click.Choice(declared.enum) if declared.enum else _type(declared.type)
    is_named = operation.is_login and declared.type == "str"
    return click.Option(
        [flag, name], type=kind, help=about, envvar=variable if is_named else None, show_envvar=is_named
    )


def _described(operation: Operation, declared: Property) -> str:
    """Return what a property is for, from its model's docstring; without docstrings (`-OO`), its name."""
    text = inspect.getdoc(models.by_name(str(operation.body))) or ""
    found = re.search(rf"^:ivar {declared.name}: (.+(?:\n +.+)*)", text, re.MULTILINE)
    words = " ".join(found[1].split()) if found else declared.name
    return words[:1].upper() + words[1:]


def _type(declared: str) -> click.ParamType[Any]:
    if declared.startswith("list[") or declared[:1].isupper() or declared == "object":
        return JsonText()
    return _TYPES.get(declared, click.STRING)


def _metavar(parameter: Parameter) -> str:
    return parameter.name.upper()


def _flag(name: str, used: set[str]) -> str:
    flag = f"--{name.replace('__', '-').replace('_', '-')}"
    if flag in used:
        flag = f"--request-{flag[2:]}"
    used.add(flag)
    return flag


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if re.fullmatch(r"[\w@.:/-]+", text) else f"'{text}'"


def _wrapped(words: list[str]) -> str:
    """Write a command on lines of at most 90 columns."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) > 88:
            lines.append("   ")
        lines[-1] += f" {word}"
    return " \\\n    ".join(line.rstrip() for line in lines)
