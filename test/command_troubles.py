"""Commands that fail in every way while secrets are under way, for tests of what their frames show."""

from __future__ import annotations

import io
import sys
from typing import NamedTuple

import pytest

from elements_sdk.cli.root import commands
from test.recording import RecordingServer
from test.wire.test_secrets import MARKERS, echoing


class Trouble(NamedTuple):
    """A command that fails in a function of ours, at the server's answer or before.

    :ivar reached: the innermost function that must be among the frames.
    :ivar status: what the server answers; 0: nothing listens.
    """

    reached: str
    arguments: str
    stdin: str = ""
    variables: dict[str, str] = {}  # noqa: RUF012
    status: int = 500


_LOGIN = {"ELEMENTS_USERNAME": "u", "ELEMENTS_PASSWORD": MARKERS["password"], "ELEMENTS_OTP": MARKERS["otp"]}
_TOKEN = {"ELEMENTS_API_TOKEN": MARKERS["apikey"]}
_NEW = f'"password": "{MARKERS["newpass"]}"'
_BODY = f'{{"token": "{MARKERS["reset"]}", {_NEW}}}'
_RESET = "auth reset-password"
_SAID = f"{_RESET} --token {MARKERS['reset']} --password {MARKERS['newpass']}"

COMMAND_TROUBLES = {
    "login is refused": Trouble("_call", "auth login", variables=_LOGIN, status=401),
    "server is down": Trouble("_call", "auth login", variables=_LOGIN, status=0),
    "login of a command is refused": Trouble("_session", "auth create-auth-ticket", variables=_LOGIN, status=401),
    "login by hand is refused": Trouble(
        "_bare_session", "auth start-impersonation --user 3", variables=_LOGIN, status=401
    ),
    "server fails": Trouble("_call", _SAID),
    "server fails, body of standard input": Trouble("_call", f"{_RESET} --data -", _BODY),
    "server fails, body in JSON": Trouble("_call", f"{_RESET} --data {_BODY.replace(' ', '')}"),
    "ticket": Trouble("_call", f"auth check-auth-ticket --ticket {MARKERS['ticket']}"),
    "token": Trouble("list_links", "links list", variables=_TOKEN),
    "token of the command line": Trouble("revoke_links", f"links revoke 7 --yes --api-token {MARKERS['apikey']}"),
    "token with a line break": Trouble(
        "_configuration", "links list", variables={k: v + "\n." for k, v in _TOKEN.items()}
    ),
    "two identities": Trouble("_caller", f"links list --login u --api-token {MARKERS['apikey']}", variables=_LOGIN),
    "token where a session is needed": Trouble("_caller", "auth start-impersonation --user 3", variables=_TOKEN),
    "unknown property": Trouble("_data", f"{_RESET} --data -", _BODY.replace("token", "tokn")),
    "body that is cut": Trouble("_data", f"{_RESET} --data -", _BODY[:-1]),
    "body that is a list": Trouble("_data", f"{_RESET} --data -", f"[{_BODY}]"),
    "body that is refused": Trouble(
        "naming_options", f"{_RESET} --data -", _BODY.replace(_NEW, f'"password": [{_BODY}]')
    ),
    "body twice": Trouble("_data", f"{_SAID} --data {{{_NEW.replace(' ', '')}}}"),
    "file that is not there": Trouble("text_given", f"{_RESET} --data @/nothing", variables=_LOGIN),
    "name is missing": Trouble("_asked_for", "auth login", variables={"ELEMENTS_PASSWORD": MARKERS["password"]}),
    "code is missing": Trouble("resolved", "auth login --otp -", variables=_LOGIN),
    "password is missing": Trouble("_asked_for", f"{_RESET} --token {MARKERS['reset']}"),
    "any endpoint": Trouble("call_api", f"api POST /x?token={MARKERS['ticket']} --data -", _BODY, _TOKEN),
    "any list": Trouble(
        "call_api", f"api GET /x?token={MARKERS['ticket']} -q otp={MARKERS['otp']} --paginate", variables=_TOKEN
    ),
    "list with another page size": Trouble(
        "_entries", f"api GET /x?limit=all&token={MARKERS['ticket']} --paginate", variables=_TOKEN
    ),
    "query without a value": Trouble("_pair", f"api GET /x -q {MARKERS['ticket']}"),
    "proxy that is refused": Trouble(
        "_configuration", f"links list --proxy ftp://u:{MARKERS['password']}@x", variables=_TOKEN
    ),
    "proxy of a profile in the open": Trouble(
        "_variables", f"configure --proxy http://u:{MARKERS['password']}@x", variables=_TOKEN
    ),
    "proxy of a profile that is refused": Trouble(
        "_configuration",
        "configure --host http://127.0.0.1:9 --proxy - --api-token-file -",
        f"ftp://u:{MARKERS['password']}@x\n{MARKERS['apikey']}\n",
    ),
    "server refuses what is to be kept": Trouble(
        "_keep_tried",
        "configure --host http://127.0.0.1:9 --proxy - --login u --login-password-file -",
        f"http://u:{MARKERS['otp']}@127.0.0.1:9\n{MARKERS['password']}\n",
        _TOKEN,
    ),
    "empty value": Trouble("_check_not_blank", f"{_SAID} --ca-file \t"),
}


def failure_of_command(name: str) -> BaseException:
    """Run a command as click runs it, and return what it raised."""
    trouble = COMMAND_TROUBLES[name]
    with RecordingServer() as server, pytest.MonkeyPatch.context() as patch:
        server.answer = echoing(trouble.status)
        patch.setenv("ELEMENTS_HOST", server.host if trouble.status else "http://127.0.0.1:9")
        for variable, value in trouble.variables.items():
            patch.setenv(variable, value)
        patch.setattr(sys, "stdin", io.StringIO(trouble.stdin))
        try:
            with commands.make_context("elements-sdk", trouble.arguments.split(" ")) as context:
                commands.invoke(context)
        except BaseException as error:
            return error
    raise AssertionError("it has not failed")
