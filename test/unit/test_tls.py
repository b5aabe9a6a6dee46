"""Settings of TLS: what is refused, and what travels."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiValueError, Configuration
from test.both_clients import both_kinds
from test.tls import PASSWORD, TRUSTED, calls_to, files_in, locals_shown

pytestmark = both_kinds


ALONE = {"verify_ssl": False, **dict.fromkeys(["ssl_ca_cert", "ssl_ca_data", "cert_file", "key_file"], "plain")}


# Settings, each a file of the above, a word, or a value -> what is said of them.
BAD_SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"ssl_ca_cert": "missing"}, "ssl_ca_cert cannot be read: No such file"),
    ({"ssl_ca_cert": "text"}, "ssl_ca_cert holds no certificate in PEM form"),
    *(({"ssl_ca_data": value}, "ssl_ca_data holds no certificate") for value in ("no PEM", b"no DER", "", "\xfc")),
    ({"cert_file": "missing"}, "cert_file cannot be read: No such file"),
    ({"cert_file": "plain", "key_file": "missing"}, "key_file cannot be read: No such file"),
    ({"cert_file": "text"}, "cert_file does not hold a certificate and its key in PEM form"),
    ({"cert_file": "plain"}, "cert_file does not hold a certificate and its key in PEM form"),
    ({"cert_file": "plain", "key_file": "text"}, "cert_file and key_file do not hold a certificate and its key"),
    ({"cert_file": "plain", "key_file": "other_key"}, "key_file is not the key of the certificate in cert_file"),
    ({"key_file": "plain_key"}, "key_file is set, and cert_file is not"),
    ({"cert_file": "locked", "key_file": "locked_key"}, "key_file holds an encrypted key, and key_password is missing"),
    ({"cert_file": "locked_pair"}, "cert_file holds an encrypted key, and key_password is missing"),
    ({"cert_file": "locked_pair", "key_password": "PEMSECRE"}, "cert_file .* key_password is not the right one"),
    ({"cert_file": "locked", "key_file": "locked_key", "key_password": "PEMSECRE"}, "key_password is not the right"),
    ({"cert_file": "locked", "key_file": "locked_key", "key_password": "PEMSECRET" * 200}, "key_(file|password) "),
    ({"ssl_context": "PEMSECRET"}, "ssl_context must be an ssl.SSLContext, not str"),
    *(({"ssl_context": TRUSTED.client_context(), name: value}, f"so {name} must not") for name, value in ALONE.items()),
    (
        {"ssl_context": TRUSTED.client_context(), "cert_file": "plain", "key_password": PASSWORD},
        "so cert_file, key_pass",
    ),
]


@pytest.mark.parametrize(("settings", "words"), BAD_SETTINGS)
def test_bad_setting_is_named_when_the_client_is_made(settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    files = files_in(tmp_path)
    given = {name: files.get(value, value) if isinstance(value, str) else value for name, value in settings.items()}
    with pytest.raises(ApiValueError, match=words) as caught, calls_to("https://localhost", **given):
        pass
    assert caught.value.__cause__ is caught.value.__context__ is None
    shown = [str(caught.value), repr(caught.value), *locals_shown(caught.value)]
    assert len(shown) > 3
    assert not [text for text in shown if "PEMSECRE" in text]


def test_password_of_the_key_is_shown_nowhere_and_travels_only_if_that_is_wanted() -> None:
    configuration = Configuration()
    configuration.key_password = PASSWORD
    assert PASSWORD not in f"{configuration!r} {configuration} {pickle.dumps(configuration)!r}"
    configuration.pickle_credentials = True
    assert pickle.loads(pickle.dumps(configuration)).key_password == PASSWORD


def test_context_is_shared_by_copies_and_not_pickled() -> None:
    configuration = Configuration()
    configuration.ssl_context = context = TRUSTED.client_context()
    assert copy.deepcopy(configuration).ssl_context is context
    with pytest.raises(ApiValueError, match=r"ssl_context cannot be pickled .*set it to None and again there"):
        pickle.dumps(configuration)
