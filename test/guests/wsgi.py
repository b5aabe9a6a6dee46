"""A web application with one client for all its workers; gunicorn loads it before it forks them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from elements_sdk import AuthApi
from test.processes.calls import client_of, wrong_answers

_CLIENT = client_of(os.environ["ELEMENTS_TEST_HOST"], Path(os.environ["ELEMENTS_TEST_CA_FILE"]).read_text("ascii"))
assert wrong_answers(_CLIENT, [1]) == []  # so that there is an open connection at the fork


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer `/7` with the number in the response for token 7, and the number of the process that made the call."""
    token = AuthApi(_CLIENT).get_access_token(int(environ["PATH_INFO"].strip("/")))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{token.id} {os.getpid()}".encode()]
