"""Exceptions as values, and what is refused when a client is made."""

from __future__ import annotations

import copy
import pickle

import pytest

from elements_sdk import (
    ApiException,
    ApiTypeError,
    ApiValueError,
    OpenApiException,
    exceptions,
)
from test.both_clients import both_kinds
from test.tls import calls_to

pytestmark = both_kinds


@pytest.mark.parametrize("name", ["ssl_ca_cert", "cert_file", "key_file"])
@pytest.mark.parametrize(("path", "problem"), [("/no/such/file", "No such file"), ("\0", "that is not a path")])
def test_certificate_file_that_cannot_be_read_is_named_when_the_client_is_made(
    name: str, path: str, problem: str
) -> None:
    refused = pytest.raises(ApiValueError, match=f"{name} cannot be read: {problem}")
    with refused, calls_to("https://localhost", **{name: path}):
        pass


def every_exception() -> list[type[OpenApiException]]:
    found = [getattr(exceptions, name) for name in exceptions.__all__ if isinstance(getattr(exceptions, name), type)]
    return [kind for kind in found if issubclass(kind, OpenApiException)]


@pytest.mark.parametrize("kind", every_exception())
def test_exception_survives_pickle_and_copy_without_body_and_headers(kind: type[OpenApiException]) -> None:
    if issubclass(kind, ApiException):
        error: OpenApiException = kind(
            429,
            "Too Many Requests",
            body="SECRET",
            headers={"X": "SECRET", "Retry-After": "7"},
            detail="Slow.",
            method="GET",
            path="/x",
        )
    else:
        error = kind("what is wrong")
    for clone in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(clone) is kind
        assert str(clone) == str(error)
    assert b"SECRET" not in pickle.dumps(error)
    if isinstance(error, exceptions.TooManyRequestsException | exceptions.LoginFailed):
        assert pickle.loads(pickle.dumps(error)).retry_after == 7


@pytest.mark.parametrize("hint", [None, "check what was sent, and whether Configuration.host is the server"])
@pytest.mark.parametrize("long", ["reason", "detail", "errors", "path"])
def test_message_is_bounded_and_ends_with_what_to_do(long: str, hint: str | None) -> None:
    words = {"reason": "Bad", "detail": "No.", "path": "/x", long: "long " * 300}
    errors = {"email": ["long " * 300]} if long == "errors" else {}
    error = ApiException(400, words["reason"], detail=words["detail"], errors=errors, method="GET", path=words["path"])
    error.hint = hint
    assert len(str(error)) <= 600
    assert str(error).endswith(f"; {hint}" if hint else ")")
    assert (" (GET /x)" in str(error), "..." in str(error)) == (long != "path", long != "path")


def test_3_3_ways_of_making_an_exception() -> None:
    error = ApiException(status=404, reason="Not Found")
    assert (error.status, error.reason, error.body, error.headers) == (404, "Not Found", None, None)
    assert str(error) == "404 Not Found"
    assert str(ApiException(reason="no answer")) == "no answer"
    assert str(ApiTypeError("bad", ["a", 0, "b"])) == "bad at ['a'][0]['b']"
    assert str(exceptions.ApiKeyError("bad", path_to_item=["a"])) == "bad at ['a']"

    class Old:
        status, reason, data = 500, "Oops", "text"

        def getheaders(self) -> dict[str, str]:
            return {"A": "1"}

    error = ApiException(http_resp=Old())
    assert (error.status, error.body, error.headers) == (500, "text", {"A": "1"})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("59", 59), (" 0 ", 0), ("soon", None), ("-5", None), ("", None), ("9" * 5000, None), ("٣", None)],
)
def test_retry_after(text: str, seconds: int | None) -> None:
    assert exceptions.TooManyRequestsException(429, headers={"Retry-After": text}).retry_after == seconds
