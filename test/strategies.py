"""Strategies for random input, and the settings that make its choice the same each time."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

ALWAYS_THE_SAME = settings(derandomize=True, deadline=None, database=None, max_examples=150)

ANY_TEXT = st.text(st.characters())  # lone surrogates too
IN_A_HEADER = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"))
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT
ANY_JSON = st.recursive(PLAIN, lambda some: st.lists(some) | st.dictionaries(ANY_TEXT, some), max_leaves=8)


def mixed(*parts: str, text: SearchStrategy[str] = IN_A_HEADER) -> SearchStrategy[str]:
    """Return a strategy for text made of these parts, and of any text between them."""
    return st.lists(st.sampled_from(parts) | text, max_size=6).map("".join)


DATES = ("Fri, 31 Dec 1999 23:59:59 GMT", "31 Dec 9999 23:59:59 -2359", "01 Jan 0001 00:00:00 +2359", "Sun, 06 Nov 94")
RETRY_AFTER = mixed(*DATES, " +9999", "99999", "1e9", "-", "0.5", "\u00b2")
COOKIES = mixed(
    "sessionid=", "csrftoken=", "abc", '"', "; ", "Path=/", "Path=", "Domain=", "Max-Age=", "Expires=", "9" * 30,
    "Secure", "HttpOnly", "Version=1", ",", "=", *DATES,
)  # fmt: skip
LOCATIONS = mixed("http://", "https://", "//", "127.0.0.1", "[::1", "]", ":", "0", "@", "/x", "..", "?a=", "#", "%2e")
DISPOSITIONS = mixed(
    "attachment; ", "filename=", "filename*=", "filename*0*=", "filename*1=", "UTF-8''", "idna''", "'", '"', "%", "%2f",
    "%ff", "..", "/", "\\", "\\\"", "C:", "CON", ";", ".", " ", "x" * 120,
)  # fmt: skip
IN_A_PATH = (
    ANY_TEXT | mixed("..", ".", "/", "%2f", "%2e", "\\", "?", "#", ";", "\0", "\r\n") | st.integers() | st.floats()
)

# What a share link may look like in an answer
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 10**20)
    | st.floats(width=16)
    | st.text(max_size=4)
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-12-31", "\ud800"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NAMES = ["id", "activity", "user", "created_by", "shared_bundles", "shared_directories", "url", "expires", "created_at"]
USERS = st.fixed_dictionaries({}, optional=dict.fromkeys(["id", "username", "email", "display_name"], JSON_VALUES))
VISITS = st.lists(st.fixed_dictionaries({"date": JSON_VALUES}), max_size=2)
LINKS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(NAMES, JSON_VALUES) | {"user": USERS | JSON_VALUES, "activity": VISITS | JSON_VALUES}
)
