"""The help of every command, how quickly it comes, and completion."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from elements_sdk.cli.root import Group, LazyGroup, commands
from test.command_line import COMMAND, environment, run


def all_commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from all_commands(inner, (*path, name))


ALL = list(all_commands(commands))


@pytest.mark.parametrize(("path", "command"), ALL, ids=["-".join(path) or "root" for path, _ in ALL])
@pytest.mark.parametrize("columns", [60, 80, 100, 250])
def test_help_fits_a_hundred_columns_and_has_an_example(
    path: tuple[str, ...], command: click.Command, columns: int
) -> None:
    name = " ".join(["elements-sdk", *path])
    context = click.Context(command, info_name=name, terminal_width=min(columns, 100), **commands.context_settings)
    text = command.get_help(context)
    assert max(map(len, text.splitlines())) <= 100
    assert not re.search("[<>]=|INTEGER RANGE", text)
    assert "\n  Example:\n      " in text
    assert "elements-sdk " + " ".join(path) in text.split("Example:")[1]
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


@pytest.mark.parametrize("arguments", [["--help"], ["auth", "login", "--help"], ["sandbox", "-h"], ["--version"]])
def test_help_of_a_process_fits_whatever_the_terminal_is(arguments: list[str]) -> None:
    result = run(*arguments, COLUMNS="300")
    assert (result.returncode, result.stderr) == (0, "")
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_list_of_commands_says_what_each_says_of_itself() -> None:
    for _, group in ALL:
        if isinstance(group, Group):
            context = click.Context(group)
            for name, words in group.short_helps(context).items():
                command = group.get_command(context, name)
                assert command is not None
                assert (command.help or "").split("\n\n")[0].replace("\n", " ").strip() == words, name
    assert isinstance(commands, LazyGroup)


def test_help_loads_neither_rich_nor_urllib3_nor_the_calls() -> None:
    program = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from elements_sdk.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'rich', 'yaml', 'urllib3', 'email', 'ssl', 'json', 'logging', 'asyncio', 'elements_sdk.api',\n"
        "         'elements_sdk.configuration', 'elements_sdk.models._base', 'elements_sdk.sandbox'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stderr == "[]\n"


def test_bash_completes_commands_and_options() -> None:
    script = run("completion", "bash").stdout
    ask = "".join(
        f"COMPREPLY=(); COMP_WORDS=(elements-sdk auth {words}); COMP_CWORD={position}\n"
        '_elements_sdk_completion elements-sdk; echo "${COMPREPLY[@]}"\n'
        for words, position in (("get-a", 2), ("login --us", 3))
    )
    folder = COMMAND.rpartition("/")[0]
    there = environment()
    there["PATH"] = f"{folder}:{there['PATH']}"
    result = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, env=there)
    assert result.stderr == ""
    assert result.stdout.split() == ["get-access-token", "get-all-access-tokens", "--username"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_too(shell: str) -> None:
    result = run("completion", shell)
    assert (result.returncode, result.stderr) == (0, "")
    assert f"_ELEMENTS_SDK_COMPLETE={shell}_complete" in result.stdout


def test_unknown_shell_is_wrong_usage() -> None:
    assert run("completion", "powershell").returncode == 2
