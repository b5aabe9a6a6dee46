"""What error reporters show of our frames holds no secret, by their own code and with their default settings."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import stackprinter
from elasticapm.utils import encoding, stacks
from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.serializer import serialize
from sentry_sdk.utils import event_from_exception

from test.both_clients import both_kinds
from test.troubles import TROUBLES, chain, only_with_our_frames
from test.wire.test_secrets import MARKERS

pytestmark = both_kinds


def by_sentry(error: BaseException) -> str:
    event, _hint = event_from_exception(error, client_options=DEFAULT_OPTIONS)
    return json.dumps(serialize(dict(event)))


def by_elastic(error: BaseException) -> str:
    frames = stacks.iter_traceback_frames(error.__traceback__)
    return repr([(frame.f_code.co_name, encoding.transform(frame.f_locals)) for frame, _line in frames])


def by_stackprinter(error: BaseException) -> str:
    text: str = stackprinter.format((type(error), error, error.__traceback__), show_vals="all", truncate_vals=100_000)
    return text


REPORTERS = [by_sentry, by_elastic, by_stackprinter]


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("reported", REPORTERS)
def test_no_secret_is_in_a_report(reported: Callable[[BaseException], str], trouble: str) -> None:
    found: set[str] = set()
    for name, error in TROUBLES[trouble]():
        for item in chain(error):
            report = reported(only_with_our_frames(item))
            assert item is not error or name in report, "it does not show the frames"
            found |= {f"{marker} in {report}" for marker in MARKERS.values() if marker in report}
        del error, item
    assert sorted(found) == []


@pytest.mark.parametrize("reported", REPORTERS)
def test_secret_that_lies_open_is_in_a_report(reported: Callable[[BaseException], str]) -> None:
    def fail(values: dict[str, object]) -> None:
        raise ValueError(len(values))

    with pytest.raises(ValueError, match="1") as caught:
        fail({"login": {"user": [MARKERS["share"]]}})
    assert MARKERS["share"] in reported(caught.value)
