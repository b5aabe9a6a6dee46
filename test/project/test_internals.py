"""The page of hooks names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(test/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/internals.md").read_text("utf-8"))


def test_tests_are_named() -> None:
    assert len(NAMED) > 20


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_test_exists(file: str, name: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert not name or re.search(rf"^def {name}\(", text, re.MULTILINE)
