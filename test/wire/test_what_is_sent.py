"""What goes out: dict bodies checked like their models, and query parameters that a URL can hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

import pytest

from elements_sdk import ApiValueError, SendLinkEmailRequest, Ticket
from elements_sdk.models._base import prop
from test.both_clients import ApiClient, AuthApi, with_override
from test.recording import CannedResponse, RecordingServer

pytestmark = with_override


class Order(str, Enum):  # noqa: UP042  # as programs for Python 3.10 have it
    EXPIRES = "expires"


class Owner(IntEnum):
    UMA = 7


class Plain(Enum):
    UMA = 7
    SINCE = date(2026, 1, 2)
    NONE = None
    SEVERAL = (1, 2)


class Text(StrEnum):
    EXPIRES = "-expires"


MISTAKES: list[tuple[Callable[[AuthApi, Any], Any], Any, str]] = [
    (lambda auth, body: auth.send_access_token_email_notification(7, body), {"emial": "a@example.com"},
     r"^SendLinkEmailRequest has no property 'emial'; did you mean 'email'\?$"),
    (lambda auth, body: auth.login(body), {"usrname": "SECRET", "password": "SECRET"},
     r"^AuthLoginEndpointRequest has no property 'usrname'; did you mean 'username'\?$"),
    (lambda auth, body: auth.check_auth_ticket(body), {"ticket": "SECRET", "zz": "SECRET"},
     r"^Ticket has no property 'zz'; it has ticket$"),
    (lambda auth, body: auth.reset_password(body), MappingProxyType({"token": "t", "passwort": "SECRET"}),
     r"^PasswordResetEndpointRequest has no property 'passwort'; did you mean 'password'\?$"),
    (lambda auth, body: auth.start_impersonation(body), {7: "SECRET"},
     r"^ImpersonationEndpointRequest has no property 7; it has user$"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "body", "message"), MISTAKES)
def test_unknown_key_of_a_dict_is_refused_with_a_suggestion(
    call: Callable[[AuthApi, Any], Any], body: Any, message: str, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    with pytest.raises(ApiValueError, match=message) as caught:
        call(AuthApi(recorded_client), body)
    assert "SECRET" not in str(caught.value)
    assert recorder.requests == []


def test_unknown_key_is_sent_where_nothing_is_checked(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorded_client.client_side_validation = False
    body: Any = {"emial": "a@example.com"}
    AuthApi(recorded_client).send_access_token_email_notification(7, body)
    assert json.loads(recorder.requests[0].body) == {"emial": "a@example.com"}


def test_what_only_a_newer_server_knows_goes_along_with_a_model(
    recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    mail = SendLinkEmailRequest(email="a@example.com")
    mail.additional_properties.update(
        reply_to="b@example.com", since=date(2026, 1, 2), email="not this", text="nor this"
    )
    AuthApi(recorded_client).send_access_token_email_notification(7, mail)
    recorded_client.call_api("/x", "POST", body={"mails": [mail]})
    sent = {"email": "a@example.com", "reply_to": "b@example.com", "since": "2026-01-02"}
    assert json.loads(recorder.requests[0].body) == sent
    assert json.loads(recorder.requests[1].body) == {"mails": [sent]}


class Signed(SendLinkEmailRequest):
    """A derived body."""

    signature: str | None = prop(default=None, max_length=3)


def test_derived_model_is_sent_with_all_of_its_properties(
    recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    AuthApi(recorded_client).send_access_token_email_notification(7, Signed(email="a@example.com", signature="U"))
    assert json.loads(recorder.requests[0].body) == {"email": "a@example.com", "signature": "U"}
    unchecked = Signed.from_dict({"signature": "abcd"})
    with pytest.raises(ApiValueError, match=r"Signed\.signature must have at most 3"):
        AuthApi(recorded_client).send_access_token_email_notification(7, unchecked)


SENT = [
    ("uma", "uma"),
    (7, "7"),
    (1.5, "1.5"),
    (Order.EXPIRES, "expires"),
    (Text.EXPIRES, "-expires"),
    (Owner.UMA, "7"),
    (Plain.UMA, "7"),
    (Plain.SINCE, "2026-01-02"),
    (date(2026, 1, 2), "2026-01-02"),
    (datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "2026-01-02T03:04:00+00:00"),
    (Fraction(3, 2), "1.5"),
    (Decimal("1.50"), "1.50"),
]


@pytest.mark.parametrize(("value", "text"), SENT)
def test_filter_goes_out_as_text(value: Any, text: str, recorder: RecordingServer, recorded_client: ApiClient) -> None:
    auth = AuthApi(recorded_client)
    recorder.answer = lambda _request: CannedResponse(body=b"[]")
    auth.get_all_access_tokens(user=value)
    auth.get_all_access_tokens(ordering=value, limit=3)
    assert [parse_qs(request.query) for request in recorder.requests] == [
        {"user": [text]},
        {"ordering": [text], "limit": ["3"]},
    ]


@pytest.mark.parametrize(
    "value",
    [
        [1, 2],
        (1,),
        {1},
        map(str, (1, 2)),
        range(3),
        {"id": 1},
        Ticket(ticket="SECRET"),
        True,
        False,
        b"uma",
        Plain.NONE,
        Plain.SEVERAL,
        object,
        1j,
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("Infinity"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("name", ["user", "ordering", "limit"])
def test_filter_that_is_nothing_of_that_kind_is_refused_by_name(
    name: str, value: Any, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    options: Any = {name: value}
    with pytest.raises(ApiValueError, match=f"^the query parameter '{name}' must be text, a finite number, a date"):
        AuthApi(recorded_client).get_all_access_tokens(**options)
    assert recorder.requests == []


def test_filter_of_none_is_left_out(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answer = lambda _request: CannedResponse(body=b"[]")
    AuthApi(recorded_client).get_all_access_tokens(user=None, limit=None)
    assert recorder.requests[0].query == ""


def test_number_of_an_enum_is_one_in_paths_and_bodies_too(
    recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    auth = AuthApi(recorded_client)
    auth.delete_access_token(Owner.UMA)
    auth.start_impersonation({"user": Owner.UMA})
    first, second = recorder.requests
    assert first.path == "/api/2/auth/access-tokens/7"
    assert json.loads(second.body) == {"user": 7}


def test_enum_of_text_is_its_value_in_call_api_too(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorded_client.call_api(
        "/x", "POST", query_params={"ordering": Order.EXPIRES}, body={"a": [Order.EXPIRES, Plain.UMA]}
    )
    assert recorder.requests[0].query == "ordering=expires"
    assert json.loads(recorder.requests[0].body) == {"a": ["expires", 7]}
