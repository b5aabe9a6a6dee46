"""Which addresses are cleartext."""

from __future__ import annotations

import pytest

from elements_sdk._utils.urls import is_cleartext


@pytest.mark.parametrize(
    ("url", "is_so"),
    [
        ("http://127.0.0.2", False),
        ("https://storage.example.com", False),
        ("http://storage.example.com", True),
        ("http://localhost.example.com", True),
        ("http://192.168.0.1", True),
        ("http://[2001:db8::1]", True),
    ],
)
def test_what_is_cleartext(url: str, is_so: bool) -> None:
    assert is_cleartext(url) is is_so
