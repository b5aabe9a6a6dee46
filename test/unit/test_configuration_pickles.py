"""Pickles of configurations: in all protocols, and across versions, the 3.3 client's too."""

from __future__ import annotations

import json
import logging
import pickle
import pickletools
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiValueError, Configuration, RetryPolicy

OF_3_3 = json.loads((Path(__file__).parents[1] / "data/pickles_of_3_3.json").read_text("utf-8"))
protocols = pytest.mark.parametrize("protocol", range(6))


def of_3_3(name: str, protocol: int) -> Any:
    return pickle.loads(b64decode(OF_3_3[name][protocol]))


@protocols
def test_configuration_of_3_3(protocol: int) -> None:
    levels = [logging.getLogger(name).level for name in ("elements_sdk", "urllib3")]
    configuration = of_3_3("configuration", protocol)
    assert configuration.host == "https://storage.example.com"
    assert configuration.api_key == {"Authorization": "a-key"}
    assert "a-key" not in repr(configuration)
    assert (configuration.verify_ssl, configuration.client_side_validation, configuration.retries) == (False, False, 4)
    assert (configuration.debug, configuration.logger_file, configuration.logger_format) == (True, None, "%(message)s")
    assert (configuration.timeout, configuration.total_timeout) == ((10.0, 60.0), 120.0)
    assert [logging.getLogger(name).level for name in ("elements_sdk", "urllib3")] == levels
    configuration.debug = False
    assert configuration.is_complete()
    assert set(vars(configuration)) == set(vars(Configuration()))
    assert of_3_3("default_configuration", protocol).host == "http://localhost"


@protocols
def test_configuration_of_another_version(protocol: int) -> None:
    configuration = Configuration("https://storage.example.com", retries=RetryPolicy(4), timeout=(1, 2))
    state = configuration.__getstate__()
    missing = {name: value for name, value in state.items() if name not in ("total_timeout", "retries", "api_key")}
    for changed in (missing, {**missing, "brand_new": 7}):
        clone = Configuration.__new__(Configuration)
        clone.__setstate__(changed)
        assert (clone.host, clone.timeout) == ("https://storage.example.com", (1.0, 2.0))
        assert (clone.total_timeout, clone.retries, clone.api_key) == (120.0, None, {})
        assert not hasattr(clone, "brand_new")
        assert pickle.loads(pickle.dumps(clone, protocol)).timeout == (1.0, 2.0)
    assert pickle.loads(pickle.dumps(configuration, protocol)).retries == RetryPolicy(4)


@pytest.mark.parametrize(
    ("name", "value"), [("proxy", "socks5://SECRET@x"), ("retries", "SECRET"), ("api_key", "SECRET")]
)
def test_setting_of_a_pickle_that_is_not_valid_here_is_named(name: str, value: Any) -> None:
    state = {**Configuration().__getstate__(), name: value}
    with pytest.raises(ApiValueError, match=name) as caught:
        Configuration.__new__(Configuration).__setstate__(state)
    trace = caught.value.__traceback__
    assert trace is not None
    while trace.tb_next is not None:
        trace = trace.tb_next
        assert "SECRET" not in repr(trace.tb_frame.f_locals)


@protocols
def test_password_that_was_left_out_is_none(protocol: int) -> None:
    configuration = Configuration(
        username="uma", password="SECRET", api_key={"Bearer": "SECRET"}, key_password="SECRET"
    )
    data = pickle.dumps(configuration, protocol)
    clone = pickle.loads(data)
    assert b"SECRET" not in data
    assert (clone.username, clone.password, clone.api_key, clone.key_password) == ("uma", None, {}, None)
    assert not clone.is_complete()


@protocols
def test_changes_are_counted_after_unpickling(protocol: int) -> None:
    """By this count a client sees that it has to read the settings anew."""
    configuration = Configuration()
    clone = pickle.loads(pickle.dumps(configuration, protocol))
    counts = [configuration._changes, clone._changes]
    clone.timeout = 3
    counts.append(clone._changes)
    clone.__setstate__({"timeout": 4})
    counts.append(clone._changes)
    assert sorted(set(counts)) == counts
    assert "_changes" not in configuration.__getstate__()


def test_pickle_names_nothing_private() -> None:
    """What a pickle names must stay where it is: a private module may be renamed."""
    configuration = Configuration(api_key={"Bearer": "k"}, proxy_headers={"a": "b"}, retries=RetryPolicy(1))
    configuration.pickle_credentials = True
    named = {
        str(argument)
        for code, argument, _ in pickletools.genops(pickle.dumps(configuration, 0))
        if code.name == "GLOBAL"
    }
    ours = {name for name in named if name.startswith("elements_sdk")}
    assert ours
    assert not [name for name in ours if "._" in name]
