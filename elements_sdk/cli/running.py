"""Runs a command line, and says by a message and the exit code how it ended."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress

import click

from elements_sdk.cli.root import commands
from elements_sdk.cli.words import say

INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it
_NAME, _COMPLETION = "elements-sdk", "_ELEMENTS_SDK_COMPLETE"
BROKEN_PIPE = 141  # 128 and the number of SIGPIPE


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of this process, and return its exit code.

    0: done. 1: the server said no, or something else went wrong. 2: usage. 3: the server could not be reached.
    4: not authenticated. 130: Ctrl-C. 141: whoever read the output has gone.
    """
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    try:
        if _COMPLETION in os.environ:
            commands.main(prog_name=_NAME, complete_var=_COMPLETION)
        # Not by main: it makes a reader that has gone look like a refusal.
        with commands.make_context(_NAME, list(sys.argv[1:] if arguments is None else arguments)) as context:
            commands.invoke(context)
        if sys.stdout is not None:  # the shell's >&-
            sys.stdout.flush()
        return 0
    except click.exceptions.NoArgsIsHelpError as asked:
        return _say(asked.format_message(), asked.exit_code)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (click.Abort, KeyboardInterrupt, EOFError):
        return _say("Interrupted.", INTERRUPTED)
    except BrokenPipeError:
        return _discard_stdout()
    except Exception as error:
        from elements_sdk.cli.errors import failure_of

        failed = failure_of(error)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:  # a full disk: the interpreter would complain of it again at its end
        _discard_stdout()
    return _say(failed.text(), failed.code)


def _say(text: str, code: int) -> int:
    say(text)
    return code


def _discard_stdout() -> int:
    """Send further output nowhere, because its reader has gone, as in `| head`; the last flush must not fail."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE


def _show_warning(message: Warning | str, *_where: object) -> None:
    say(f"Warning: {message}")
