"""Bounds, patterns and dates: what models and arguments check, and that answers are never refused for them."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest

from elements_sdk import ApiValueError, Configuration, Ticket
from elements_sdk._operations.operation import Operation, Parameter
from elements_sdk._serialization.decode import from_json
from elements_sdk._utils.plain import Bounds
from elements_sdk._utils.redaction import Opaque
from elements_sdk.models._base import prop

BIG = 9_223_372_036_854_775_807


class Ruled(Ticket):
    size: int | None = prop(default=None, minimum=0, maximum=BIG)
    rate: float | None = prop(default=None, minimum=-0.5)
    code: str | None = prop(default=None, pattern=r"^\w\d\Z")
    day: date | None = prop(default=None)


@pytest.mark.parametrize(
    ("name", "taken", "refused", "says"),
    [
        ("size", [0, "0", BIG, f"{BIG}"], [-1, "-1"], "be at least 0"),
        ("size", [None], [BIG + 1, f"{BIG + 1}"], f"be at most {BIG}"),
        ("rate", [-0.5, 0, Fraction(1, 2)], [-0.6, -1, float("nan")], "be at least -0.5"),
        ("code", ["a1", "_9"], ["a", "a1\n", "ä1", "a\u0661"], r"match the pattern ^\w\d\Z"),
        (
            "day",
            [date(2026, 1, 31), "2026-01-31"],
            [datetime(2026, 1, 31), "2026-W05-6", "2026-02-30"],
            "be a date",
        ),
    ],
)
def test_values_are_checked_as_by_the_other_rules(name: str, taken: list[Any], refused: list[Any], says: str) -> None:
    ruled = Ruled(ticket="t")
    for value in taken:
        assert getattr(Ruled(ticket="t", **{name: value}), name) == value
        setattr(ruled, name, value)
    kept = getattr(ruled, name)
    for value in refused:
        for attempt in (lambda v: Ruled(ticket="t", **{name: v}), lambda v: setattr(ruled, name, v)):
            with pytest.raises(ApiValueError) as caught:
                attempt(value)
            assert f"{caught.value}".startswith(f"Ruled.{name} must {says}")
        assert getattr(ruled, name) is kept
        unchecked = Ruled(ticket="t", local_vars_configuration=Configuration(client_side_validation=False))
        setattr(unchecked, name, value)


def test_what_comes_is_never_refused() -> None:
    given: dict[str, Any] = {"ticket": "", "size": -1, "rate": "much", "code": "?", "day": "soon"}
    assert Ruled.from_dict(given).to_dict() == given
    assert Ruled.from_dict({"day": "2026-01-31"}).day == date(2026, 1, 31)
    assert from_json('["2026-01-31", "soon"]', "list[date]") == [date(2026, 1, 31), "soon"]


@pytest.mark.parametrize(
    ("kind", "bounds", "given", "sent", "refused"),
    [
        ("int", Bounds(minimum=1, maximum=9), [1, "9", 3], "1,9,3", [0, "10", "many", float("inf")]),
        ("float", Bounds(maximum=0.5), [0.5, "0.25", -1], "0.5,0.25,-1", ["nan", 1, "1e3"]),
        ("str", Bounds(pattern="^[a-z]"), ["ab", "z"], "ab,z", ["A", "", 7]),
        ("date | str", None, [date(2026, 1, 31), "2026-02-01"], "2026-01-31,2026-02-01", [datetime(2026, 1, 31), 7]),
    ],
)
@pytest.mark.parametrize("location", ["query", "header"])
def test_arguments_are_checked(
    kind: str, bounds: Bounds | None, given: list[Any], sent: str, refused: list[Any], location: str
) -> None:
    operation = Operation("list_it", "GET", "/", (Parameter("it", location, "X-It", kind, False, bounds=bounds),))

    def text_sent(value: Any, check: bool = True) -> str:
        request = operation.request(Opaque({"it": value}), check)
        return request.query.removeprefix("X-It=") or str(dict(request.headers).get("X-It"))

    assert ",".join(map(text_sent, given)) == sent
    for value in refused:
        with pytest.raises(ApiValueError, match=rf"^the {location} parameter 'it' must "):
            text_sent(value)
        if value not in (float("inf"), ""):
            assert text_sent(value, check=False)
