"""Names of servers are ASCII: what an international name stands for is not the same for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from elements_sdk import ApiClient, ApiValueError, Configuration

INTERNATIONAL = {
    "https://münchen.example": "xn--mnchen-3ya.example",
    "https://MÜNCHEN.example:8443/api": "xn--mnchen-3ya.example",
    "http://例え.テスト": "xn--r8jz45g.xn--zckzah",
    "https://storage.пример": "storage.xn--e1afmkfd",
    "https://straße.test": None,
    "https://STRASSE-ß.test": None,
    "https://faß.münchen.example": None,
    "https://βόλος.example": None,
    "https://\uff45xample.com": None,
    "https://storage。example.com": None,
    "https://\U0001f9ea\U0001fae0.example": "xn--0v9hmp.example",
    "https://" + "ü" * 70 + ".example": None,
    "https://localhosť": "xn--localhos-eyb",
}
WHERE: dict[str, Callable[[str], Any]] = {
    "host": lambda url: Configuration(host=url),
    "host, later": lambda url: setattr(Configuration(), "host", url),
    "proxy": lambda url: setattr(Configuration(), "proxy", url.partition("/api")[0]),
    "_host": lambda url: ApiClient(Configuration(host="http://localhost")).call_api("/x", "GET", _host=url),
    "url": lambda url: ApiClient(Configuration(host="http://localhost")).request("GET", url),
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("url", INTERNATIONAL)
def test_international_name_is_refused_with_the_form_to_write(url: str, where: str) -> None:
    with pytest.raises(ApiValueError, match="must name a server in ASCII: write its name in the xn-- form") as caught:
        WHERE[where](url)
    shown = INTERNATIONAL[url]
    assert (f"({shown})" if shown else "encode of the package idna") in str(caught.value)
    assert str(caught.value).isascii()


@pytest.mark.parametrize("url", [f"https://{form}" for form in INTERNATIONAL.values() if form])
def test_the_form_that_is_shown_is_accepted(url: str) -> None:
    assert Configuration(host=url).host == url


@pytest.mark.parametrize(
    "url",
    [
        "https://stra%C3%9Fe.test",
        "https://a%2eb.test",
        "http://127.0.0.1%20",
        "http://[fe80::1%25]",
        "http://[fe80::1%eth0:1]",
        "http://[fe80::1%25a&b]",
    ],
)
def test_percent_sign_in_a_name_is_refused(url: str) -> None:
    with pytest.raises(ApiValueError, match="no percent sign but that of a zone"):
        Configuration(host=url)


@pytest.mark.parametrize("zone", ["eth0", "Wlan_0.100~x-1", "4", "25", "251"])
def test_zone_is_written_as_the_rfc_has_it_whichever_way_it_is_given(zone: str) -> None:
    url = f"http://[fe80::1%25{zone}]:8000"
    assert Configuration(host=url).host == url
    if not zone.startswith("25"):
        assert Configuration(host=url.replace("%25", "%")).host == url


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.1", "0x7f000001", "2130706433", "127.0.0.1.", "1.2.3.4.5", "256.1.1.1"]
)
def test_odd_spelling_of_an_address_is_refused(host: str) -> None:
    with pytest.raises(ApiValueError, match="an IPv4 address is four numbers from 0 to 255"):
        Configuration(host=f"http://{host}:8000")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost",
        "http://7.example",
        "http://0x7.example",
        "http://127.0.0.1",
        "http://a_b.example",
        "http://[fe80::1%25eth0]",
        "http://[::1]:8000",
    ],
)
def test_names_in_ascii_pass(url: str) -> None:
    assert Configuration(host=url).host == url


def test_password_beside_an_international_name_is_not_shown() -> None:
    with pytest.raises(ApiValueError) as caught:
        Configuration(host="https://user:SECRET@münchen.example")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("path", ["/%2e%2e/x", "/%252E/x", "/a/%2e./b"])
def test_dot_segments_in_disguise_are_refused(path: str) -> None:
    with pytest.raises(ApiValueError, match=r"the path of host must hold no segment that is \. or \.\."):
        Configuration(host=f"http://localhost{path}")


def test_path_of_a_host_is_kept_as_it_is_sent() -> None:
    assert Configuration(host="http://localhost/pre/../ü%c3").host == "http://localhost/%C3%BC%C3"
