"""The child process of a sandbox knows nothing of its caller's, and nobody else reads what it writes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from elements_sdk.sandbox import Sandbox
from test.command_line import run


@pytest.mark.parametrize("name", ["ELEMENTS_API_TOKEN", "ELEMENTS_PASSWORD", "ELEMENTS_OTP", "ELEMENTS_HOST"])
def test_variables_of_the_caller_do_not_reach_the_child(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "PLANTED")
    monkeypatch.setenv("LANG_OF_MINE", "stays")
    with Sandbox() as sandbox:
        environment = Path(f"/proc/{sandbox._server._process.pid}/environ").read_bytes()
    assert b"PLANTED" not in environment
    assert b"LANG_OF_MINE=stays" in environment


@pytest.mark.parametrize("folder", ["", "deep"])
def test_kept_data_is_for_the_user_alone(folder: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(exist_ok=True)
    file = tmp_path / folder / "kept.json"
    with Sandbox(data=file):
        pass
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in file.parent.iterdir() if path.is_file()} == {0}


def test_tour_does_not_hand_a_token_to_its_sandbox() -> None:
    assert run("tour", ELEMENTS_API_TOKEN="PLANTED", ELEMENTS_HOST="http://127.0.0.1:9").returncode == 0
