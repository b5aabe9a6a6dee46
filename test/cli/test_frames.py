"""No local of a frame of a command leads an error reporter to a secret, whatever goes wrong."""

from __future__ import annotations

import pytest

from test.command_troubles import COMMAND_TROUBLES, failure_of_command
from test.troubles import PACKAGE, frames_of, shown
from test.wire.test_secrets import MARKERS


@pytest.mark.parametrize("name", COMMAND_TROUBLES)
def test_no_local_of_a_command_leads_to_a_secret(name: str) -> None:
    trouble = COMMAND_TROUBLES[name]
    frames = frames_of(failure_of_command(name))
    is_said = any(marker in trouble.arguments for marker in MARKERS.values())
    if is_said:  # click's own frames hold the command line, as sys.argv does
        frames = [frame for frame in frames if frame.f_code.co_filename.startswith(PACKAGE)]
    assert trouble.reached in {frame.f_code.co_name for frame in frames}
    found = {
        f"{marker} in {local} of {frame.f_code.co_qualname}"
        for frame in frames
        for local, value in frame.f_locals.items()
        for marker in MARKERS.values()
        if marker in "".join(shown(value))
    }
    assert sorted(found) == []
