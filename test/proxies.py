"""A user of proxies, and where the password must not show."""

from __future__ import annotations

import base64
import pickle
import traceback

import pytest

from test.tls import locals_shown

USER, PASSWORD = "us er", "PRO:/#@%XYü"
IN_A_URL = "us%20er:PRO%3A%2F%23%40%25XY%C3%BC"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def check_hidden(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """Check that neither the exception nor the log holds the proxy's password."""
    shown = [str(error), repr(error), str(error.__dict__), repr(pickle.dumps(error)), caplog.text]
    shown += [*traceback.format_exception(error), *locals_shown(error)]
    assert len(shown) > 10
    forms = ("PRO:", "PRO%3A", BASIC.removeprefix("Basic "))
    assert not [text for text in shown if any(form in text for form in forms)]
