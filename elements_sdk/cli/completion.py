"""The command that prints how a shell completes `elements-sdk`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from elements_sdk.cli.root import Command, commands


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
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(commands, {}, "elements-sdk", "_ELEMENTS_SDK_COMPLETE").source())
