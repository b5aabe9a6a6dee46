"""Which proxy a call goes through, and what is said of one that is not a proxy."""

from __future__ import annotations

import pickle

import pytest

from elements_sdk import (
    ApiValueError,
    Configuration,
)
from elements_sdk._transport.proxies import Proxies
from test.both_clients import ApiClient, both_kinds
from test.proxies import BASIC, IN_A_URL, check_hidden
from test.tls import calls_to

pytestmark = both_kinds

# What the environment says -> the port of the proxy before http://storage.example.com, and before https://.
ENVIRONMENTS: list[tuple[dict[str, str], int | None, int | None]] = [
    ({}, None, None),
    ({"HTTP_PROXY": "http://127.0.0.1:1"}, 1, None),
    ({"http_proxy": "http://127.0.0.1:1"}, 1, None),
    ({"HTTPS_PROXY": "http://127.0.0.1:2"}, None, 2),
    ({"https_proxy": "http://127.0.0.1:2"}, None, 2),
    ({"ALL_PROXY": "http://127.0.0.1:3"}, 3, 3),
    ({"all_proxy": "http://127.0.0.1:3"}, 3, 3),
    ({"HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:3"}, 1, 3),
    ({"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:4"}, 4, None),
    ({"HTTP_PROXY": "127.0.0.1:1", "HTTPS_PROXY": "127.0.0.1:2"}, 1, 2),
    ({"HTTP_PROXY": "", "HTTPS_PROXY": "", "ALL_PROXY": ""}, None, None),
    ({"HTTP_PROXY": "", "ALL_PROXY": "127.0.0.1:3"}, 3, 3),
    ({"HTTP_PROXY": "127.0.0.1:1", "HTTPS_PROXY": "127.0.0.1:2", "REQUEST_METHOD": "GET"}, None, 2),
    ({"http_proxy": "127.0.0.1:1", "REQUEST_METHOD": "GET"}, 1, None),
]


@pytest.mark.parametrize(("environment", "http", "https"), ENVIRONMENTS)
def test_environment_names_proxies(
    environment: dict[str, str], http: int | None, https: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    proxies = Proxies(Configuration())
    for scheme, port in (("http", http), ("https", https)):
        proxy = proxies.proxy_for(f"{scheme}://storage.example.com/path")
        assert (proxy and proxy.address) == (port and f"http://127.0.0.1:{port}")


# The server, NO_PROXY -> whether it has no proxy before it.
EXCEPTIONS: list[tuple[str, str, bool]] = [
    *(
        ("https://storage.example.com", exceptions, True)
        for exceptions in (
            *("storage.example.com", "example.com", ".example.com", "*.example.com", "STORAGE.Example.com", "com", "*"),
            *("storage.example.com:443", "example.com:443", ".example.com:443", "other, storage.example.com"),
            *("other,,  storage.example.com  ,", " * ", "other,*"),
        )
    ),
    *(
        ("https://storage.example.com", exceptions, False)
        for exceptions in (
            *("", ",", " , ", ".", "other.com", "age.example.com", "x.storage.example.com", "storage.example.com:80"),
            *("storage.example", "example.com.org", "storage", "10.0.0.0/8", "[::1]", "[", "[]", "/", "*.", "**"),
        )
    ),
    ("http://storage.example.com:8080", "storage.example.com:8080", True),
    ("http://storage.example.com:8080", "storage.example.com:80", False),
    ("http://storage.example.com", "storage.example.com:80", True),
    ("http://notexample.com", "example.com, .example.com, *.example.com", False),
    ("http://10.1.2.3", "10.1.2.3", True),
    ("http://10.1.2.3", "10.0.0.0/8", True),
    ("http://10.1.2.3", "10.1.2.4/8", True),
    ("http://10.1.2.3:81", "10.1.2.3:81", True),
    ("http://10.1.2.3:81", "10.1.2.3:82", False),
    ("http://10.1.2.3", "10.2.0.0/16, 11.0.0.0/8, 10.1.2.30", False),
    ("http://[2001:db8::7]", "[2001:db8::7]", True),
    ("http://[2001:db8::7]", "2001:db8::7", True),
    ("http://[2001:db8::7]", "2001:DB8:0::7", True),
    ("http://[2001:db8::7]", "2001:db8::/32", True),
    ("http://[2001:db8::7]:81", "[2001:db8::7]:81", True),
    ("http://[2001:db8::7]:81", "[2001:db8::7]:82", False),
    ("http://[2001:db8::7]", "[2001:db8::8], 2001:db9::/32, 0.0.0.0/0", False),
    ("http://localhost:81", "127.0.0.1", False),
]


@pytest.mark.parametrize(("host", "exceptions", "is_exempt"), EXCEPTIONS)
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_no_proxy_names_exceptions(
    variable: str, host: str, exceptions: str, is_exempt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:3")
    monkeypatch.setenv(variable, exceptions)
    assert (Proxies(Configuration()).proxy_for(f"{host}/path") is None) == is_exempt


BAD_ADDRESSES = {
    "socks5://u:PRO:SECRET@127.0.0.1:1080": r"must name an HTTP proxy \(SOCKS is not supported\), as in http://",
    "SOCKS4a://u:PRO:SECRET@127.0.0.1:1080": r"must name an HTTP proxy \(SOCKS is not supported\)",
    "socks5h://u:PRO:SECRET@[::1": r"must name an HTTP proxy \(SOCKS is not supported\)",
    "ftp://u:PRO:SECRET@127.0.0.1:21": "must begin with http:// or https://",
    "http://u:PRO:SECRET@": "must name a server",
    "http://u:PRO:SECRET@127.0.0.1:99999": "must be a valid URL",
    "u:PRO:SECRET@[::1": "must be a valid URL",
    "http://u:PRO: SECRET@127.0.0.1:1": "must not hold spaces",
}


@pytest.mark.parametrize("address", BAD_ADDRESSES)
@pytest.mark.parametrize(("variable", "name"), [("HTTPS_PROXY", "HTTPS_PROXY"), ("all_proxy", "ALL_PROXY")])
def test_invalid_address_in_the_environment_is_named_and_not_shown(
    address: str, variable: str, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(variable, address)
    configuration = Configuration(host="https://storage.example.com")
    with pytest.raises(ApiValueError, match=f"^{name} {BAD_ADDRESSES[address]}") as caught:
        ApiClient(configuration)
    check_hidden(caught.value, caplog)
    configuration.trust_env = False
    ApiClient(configuration).close()


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_invalid_configured_address_is_refused_and_not_shown(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ApiValueError, match=f"^proxy {BAD_ADDRESSES[address]}") as caught:
        Configuration().proxy = address
    check_hidden(caught.value, caplog)


def test_configuration_hides_the_proxy() -> None:
    configuration = Configuration()
    configuration.proxy, configuration.proxy_headers = f"http://{IN_A_URL}@127.0.0.1:1", {"Proxy-Authorization": BASIC}
    with ApiClient(configuration) as client:
        shown = f"{configuration!r} {pickle.dumps(configuration)!r} {vars(client)} {vars(client.rest_client)}"
    shown += repr(Proxies(configuration).proxy_for("http://storage.example.com"))
    assert "PRO" not in shown.replace("PROXY", "")
    assert BASIC not in shown


def test_plain_http_through_a_proxy_elsewhere_can_be_read_on_the_way() -> None:
    here, elsewhere = "http://127.0.0.1:81", "http://proxy.example.com:3128"
    cases = [
        (here, elsewhere, True),
        (here, elsewhere.replace("http:", "https:"), False),
        (here, here, False),
        (here, "", False),
        ("https://storage.example.com", elsewhere, False),
        ("http://storage.example.com", here, True),
    ]
    for host, proxy, is_readable in cases:
        with calls_to(host, proxy=proxy) as auth:
            assert auth.api_client.rest_client.is_cleartext(f"{host}/path") == is_readable, (host, proxy)
