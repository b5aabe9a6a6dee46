"""The command `elements-sdk`. Its commands are loaded when they are used, so that the help is quick."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click
from click.core import ParameterSource

from elements_sdk._operations import TAGS
from elements_sdk._utils.text import closest
from elements_sdk._version import __version__

ATTACHED = "\x00="  # stands before a value that begins with a dash and was given as --name=VALUE
WIDTH = 100  # columns that a help text takes at the most

# Command -> where it is, and what it is for: the first sentence of its help.
_COMMANDS = {
    "api": ("elements_sdk.cli.raw:call_api", "Call any endpoint of the server, and print its JSON."),
    **{
        tag.replace("_", "-"): ("elements_sdk.cli.auth:groups", f"Make one of the calls of the {title} API.")
        for tag, title in TAGS.items()
    },
    "completion": ("elements_sdk.cli.root:completion", "Print the script that completes commands in a shell."),
    "configure": ("elements_sdk.cli.configure:configure", "Keep a server and who is calling as a profile, once tried."),
    "links": ("elements_sdk.cli.links:links", "Find, revoke, e-mail and report on share links, many at a time."),
    "sandbox": ("elements_sdk.cli.local:serve_sandbox", "Serve a sandbox until Ctrl-C, and print how to use it."),
    "tour": ("elements_sdk.cli.local:run_tour", "Make all calls against a sandbox of their own, and show what comes."),
}

# What options are for, the last first, and the names of those that it goes for; the first that fits counts.
_SECTIONS = {
    "Output": "(output|columns|sort|debug)$",
    "Who is calling": "(connection_)?(api_token|login|impersonate|profile)",
    "Which server": "connection_|key_password",
    "The job": "(dry_run|yes|record|resume|again)$",
    "Options": "",
}


def _attached(args: list[str], starts: tuple[str, ...]) -> list[str]:
    """Return the arguments, those that start so and go on with what tells the parameter that they are one value."""
    return [
        arg.replace("=", f"={ATTACHED}", 1) if arg.startswith(starts) and arg not in starts else arg for arg in args
    ]


class _Explained(click.Command):
    """A command that a list names with the whole first sentence of its help."""

    def get_short_help_str(self, limit: int = 45) -> str:
        return " ".join((self.help or "").partition("\n\n")[0].split())


class Command(_Explained):
    """A command that takes no empty value for "not said", and whose help has its options in groups."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; in `--api-token=-x`, which click takes for two options, `-x` is the value."""
        flags = (flag for it in self.params if isinstance(getattr(it, "flag_value", None), str) for flag in it.opts)
        args[:] = _attached(args, tuple(f"{flag}=-" for flag in flags))  # in place: click empties the list it reads
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found: dict[str, list[tuple[str, str]]] = {name: [] for name in _SECTIONS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                name, record = parameter.name or "", (record[0], re.sub(r"  \[[\dx<=>]+\]$", "", record[1]))  # 0<=x<=9
                found[next(section for section, names in _SECTIONS.items() if re.match(names, name))].append(record)
        for section in reversed(found):
            if found[section]:
                with formatter.section(section):
                    formatter.write_dl(found[section], col_max=24)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        :raises click.UsageError: a value, or a variable that stands for one, is empty.
        """
        for parameter in self.params:
            _check_not_blank(ctx, parameter)
        return super().invoke(ctx)


def _check_not_blank(context: click.Context, parameter: click.Parameter) -> None:
    from elements_sdk._utils.redaction import Opaque, reveal  # loaded late: the help does without it

    given = context.params.get(parameter.name or "")
    source = context.get_parameter_source(parameter.name or "")
    variable = parameter.envvar if isinstance(parameter.envvar, str) else ""
    if source is not ParameterSource.COMMANDLINE and variable in os.environ and not os.environ[variable].strip():
        raise click.UsageError(f"{variable} is empty: give it a value, or unset it", context)
    shown = given if isinstance(given, tuple) else (given,)
    if any(value == [] or (isinstance(value, str) and not value.strip()) for value in shown) or (
        isinstance(given, Opaque) and not reveal(given).strip()
    ):
        name = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.make_metavar(context)
        raise click.UsageError(f"{name} is empty: give it a value, or leave it out", context)


class Group(_Explained, click.Group):
    """A group whose list of commands shows whole sentences, and which knows what a mistyped command means."""

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; in place of one that does not exist, name the one that is meant: click does so from 8.4 on.

        :raises click.UsageError: there is no such command.
        """
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-") and not ctx.resilient_parsing:
            meant = closest(args[0], known)
            raise click.UsageError(
                f"No such command {args[0]!r}." + (f" Did you mean {meant!r}?" if meant else ""), ctx
            )
        return super().resolve_command(ctx, args)

    def short_helps(self, context: click.Context) -> Mapping[str, str]:
        """Return the commands, each with the first sentence of its help."""
        loaded = {name: self.get_command(context, name) for name in self.list_commands(context)}
        return {name: command.get_short_help_str() for name, command in loaded.items() if command}

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.short_helps(ctx).items()))


class LazyGroup(Group):
    """A group that loads a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def short_helps(self, context: click.Context) -> Mapping[str, str]:
        """Return the first sentence of each help, without loading the commands."""
        return {name: words for name, (_, words) in sorted(_COMMANDS.items())}

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name][0].partition(":")
        found: click.Command | dict[str, click.Command] = getattr(import_module(module), name)
        return found[cmd_name] if isinstance(found, dict) else found


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH})
@click.version_option(__version__, prog_name="elements-sdk")
def commands() -> None:
    """The authentication API of ELEMENTS media-storage servers, from the shell.

    \b
    Example:
        export ELEMENTS_HOST=https://storage.example.com ELEMENTS_API_TOKEN_FILE=token.txt
        elements-sdk auth get-all-access-tokens --ordering expires --limit 10
    """


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands in a shell.

    \b
    Example:
        eval "$(elements-sdk completion bash)"   # and with this line in ~/.bashrc always
        eval "$(elements-sdk completion zsh)"    # the same for ~/.zshrc
        elements-sdk completion fish > ~/.config/fish/completions/elements-sdk.fish
    """
    from click.shell_completion import get_completion_class  # loaded late: the help does without it

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(commands, {}, "elements-sdk", "_ELEMENTS_SDK_COMPLETE").source())
