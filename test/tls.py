"""Calls with any settings, servers of two authorities, and the certificates and keys that settings can name."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import elements_sdk
from elements_sdk import Configuration
from test.both_clients import ApiClient, AuthApi
from test.faults.behaviours import answer
from test.faults.certificates import Authority
from test.faults.server import FaultServer

TRUSTED, OTHER = Authority(), Authority()
PASSWORD = "PEMSECRET"
PACKAGE = str(Path(elements_sdk.__file__).parent)

CALLS: dict[str, Callable[[AuthApi], object]] = {
    "GET": lambda auth: auth.get_access_token(7),
    "POST": lambda auth: auth.create_auth_ticket(),
}


@contextmanager
def calls_to(host: str, **settings: Any) -> Iterator[AuthApi]:
    configuration = Configuration(host=host, api_key={"Bearer": "SECRETKEY"})
    for name, value in {"timeout": (2, 2), **settings}.items():
        setattr(configuration, name, value)
    with ApiClient(configuration) as client:
        yield AuthApi(client)


def fails(kind: type[Exception], words: str, host: str, call: str = "POST", **settings: Any) -> Any:
    """Make a call that fails; return its exception, which must have exactly this class and these words."""
    with pytest.raises(kind, match=words) as caught, calls_to(host, **settings) as auth:
        CALLS[call](auth)
    assert type(caught.value) is kind
    assert caught.value.__cause__ is caught.value.__context__ is None
    return caught.value


def succeeds(host: str, **settings: Any) -> None:
    with calls_to(host, **settings) as auth:
        for call in CALLS.values():
            call(auth)


def serving(*names: str, authority: Authority = TRUSTED, **options: Any) -> FaultServer:
    return FaultServer(answer(), tls=authority.context_for(*names, **options))


def files_in(folder: Path) -> dict[str, str]:
    """Write certificates and keys, good and bad; return their files by name."""
    paths: dict[str, Path] = {"missing": folder / "missing", "text": folder / "text"}
    paths["text"].write_text("no PEM")
    for name, password in (("plain", None), ("locked", PASSWORD), ("other", None)):
        (folder / name).mkdir()
        paths[name], paths[f"{name}_key"] = TRUSTED.client_certificate(folder / name, password)
    paths["locked_pair"] = folder / "pair.pem"
    paths["locked_pair"].write_bytes(paths["locked"].read_bytes() + paths["locked_key"].read_bytes())
    return {name: str(path) for name, path in paths.items()}


def locals_shown(error: BaseException) -> list[str]:
    """Return what an error tracker would show of our frames."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if frame.f_code.co_filename.startswith(PACKAGE)]
    return [repr(value) for frame in ours for value in frame.f_locals.values()]
