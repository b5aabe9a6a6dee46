"""No local of a frame of this package leads an error reporter to a secret, whatever goes wrong.

Error reporters walk mappings and sequences in locals without asking for their repr, and some the attributes of objects
that have no repr of their own.
"""

from __future__ import annotations

import inspect

import pytest

from test.both_clients import with_override
from test.troubles import PACKAGE, TROUBLES, frames_of, shown
from test.wire.test_secrets import MARKERS

pytestmark = with_override


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_local_leads_to_a_secret(trouble: str) -> None:
    found = [problems_of(name, error) for name, error in TROUBLES[trouble]()]
    assert sorted(set().union(*found)) == []
    assert found


def problems_of(name: str, error: BaseException) -> set[str]:
    """Return what is wrong with the frames of an exception, which has come through a function of this name."""
    found: set[str] = set()
    frames = frames_of(error)
    assert name in {frame.f_code.co_name for frame in frames}, f"{error!r} has not come through {name}"
    for frame in frames:
        where = f"{frame.f_code.co_qualname} of {frame.f_globals['__name__']}"
        if not frame.f_code.co_filename.startswith(PACKAGE):
            found.add(f"the frame of {where} is shown")
        missing = set(inspect.getargs(frame.f_code).args) - set(frame.f_locals)
        found |= {f"{where} has deleted its parameter {local}: cgitb fails on that" for local in missing}
        for local, value in frame.f_locals.items():
            text = "".join(shown(value))
            found |= {f"{marker} in {local} of {where}" for marker in MARKERS.values() if marker in text}
    return found
