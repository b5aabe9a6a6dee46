"""What mypy --strict and pyright make of a user's program, and of a user's mistakes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from test.project.checkers import ROOT, marked, mypy, pyright


@pytest.mark.timeout(300)
@pytest.mark.parametrize("checker", [mypy, pyright])
@pytest.mark.parametrize(("kind", "count"), [("", 29), ("_aio", 22)])
def test_program_is_accepted_and_every_mistake_is_refused(
    checker: Callable[[Path], set[int]], kind: str, count: int, tmp_path: Path
) -> None:
    program, mistakes = (
        Path(shutil.copy(ROOT / "test/data" / f"{name}{kind}.py", tmp_path))
        for name in ("user_program", "user_mistakes")
    )
    assert checker(program) == set()
    assert len(marked(mistakes)) == count
    assert checker(mistakes) == marked(mistakes)
