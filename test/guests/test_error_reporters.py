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
from test.command_troubles import COMMAND_TROUBLES, failure_of_command
from test.troubles import TROUBLES, chain, only_with_our_frames
from test.wire.test_secrets import MARKERS


def by_sentry(error: BaseException) -> str:
    event, _hint = event_from_exception(error, client_options=DEFAULT_OPTIONS)
    return json.dumps(serialize(dict(event)))


def by_elastic(error: BaseException) -> str:
    frames = stacks.iter_traceback_frames(error.__traceback__)  # type: ignore[no-untyped-call]
    return repr([(frame.f_code.co_name, encoding.transform(frame.f_locals)) for frame, _ in frames])  # type: ignore[no-untyped-call]


def by_stackprinter(error: BaseException) -> str:
    text: str = stackprinter.format((type(error), error, error.__traceback__), show_vals="all", truncate_vals=100_000)
    return text


REPORTERS = [by_sentry, by_elastic, by_stackprinter]


@both_kinds
@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("reported", REPORTERS)
def test_no_secret_is_in_a_report(reported: Callable[[BaseException], str], trouble: str) -> None:
    found = [markers_in_reports(reported, name, error) for name, error in TROUBLES[trouble]()]
    assert sorted(set().union(*found)) == []
    assert found


@pytest.mark.parametrize("trouble", COMMAND_TROUBLES)
@pytest.mark.parametrize("reported", REPORTERS)
def test_no_secret_is_in_a_report_of_a_command(reported: Callable[[BaseException], str], trouble: str) -> None:
    found = markers_in_reports(reported, COMMAND_TROUBLES[trouble].reached, failure_of_command(trouble))
    assert sorted(found) == []


def markers_in_reports(reported: Callable[[BaseException], str], name: str, error: BaseException) -> set[str]:
    """Return the markers in the reports of an exception that has come through a function of this name."""
    reports = [reported(only_with_our_frames(item)) for item in chain(error)]
    assert name in reports[0], "it does not show the frames"
    return {f"{marker} in {report}" for report in reports for marker in MARKERS.values() if marker in report}


@pytest.mark.parametrize("reported", REPORTERS)
def test_secret_that_lies_open_is_in_a_report(reported: Callable[[BaseException], str]) -> None:
    def fail(values: dict[str, object]) -> None:
        raise ValueError(len(values))

    with pytest.raises(ValueError, match="1") as caught:
        fail({"login": {"user": [MARKERS["share"]]}})
    assert MARKERS["share"] in reported(caught.value)
