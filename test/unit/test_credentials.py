"""Where credentials come from, and how they travel with what holds them."""

from __future__ import annotations

import copy
import os
import pickle
import traceback
from pathlib import Path

import pytest

from elements_sdk import ApiValueError, Configuration
from elements_sdk._config.environment import TokenFile
from test.both_clients import ApiClient, both_kinds, only_blocking

pytestmark = both_kinds


def test_copies_share_a_token_file_and_none_stays_behind(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("OLD")
    environment.setenv("ELEMENTS_HOST", "https://storage.example.com")
    environment.setenv("ELEMENTS_API_TOKEN_FILE", str(file))
    first = Configuration.from_env()
    second = copy.deepcopy(first)
    file.write_text("NEWER")
    assert [one.get_api_key_with_prefix("Bearer") for one in (second, first)] == ["Bearer NEWER"] * 2
    assert b"NEWER" not in pickle.dumps(first)
    file.write_text("two\nlines")
    with pytest.raises(ApiValueError, match="ELEMENTS_API_TOKEN_FILE holds a token that must be printable ASCII"):
        first.get_api_key_with_prefix("Bearer")
    file.write_bytes(b"t\xf6ken")
    with pytest.raises(ApiValueError, match="ELEMENTS_API_TOKEN_FILE cannot be read: it is not UTF-8 text"):
        first.get_api_key_with_prefix("Bearer")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ELEMENTS_HOST": ""}, "ELEMENTS_HOST is not set"),
        ({"ELEMENTS_HOST": "SECRET.example.com"}, "ELEMENTS_HOST must begin with http"),
        ({"ELEMENTS_HOST": "https://SECRET@x"}, "ELEMENTS_HOST must not hold a user name"),
        ({"ELEMENTS_TIMEOUT": "SECRET"}, "ELEMENTS_TIMEOUT must be a number of seconds"),
        ({"ELEMENTS_TOTAL_TIMEOUT": "SECRET"}, "ELEMENTS_TOTAL_TIMEOUT must be a number of seconds"),
        ({"ELEMENTS_TOTAL_TIMEOUT": "1,2"}, "ELEMENTS_TOTAL_TIMEOUT must be a number of seconds"),
        ({"ELEMENTS_TOTAL_TIMEOUT": "0"}, "ELEMENTS_TOTAL_TIMEOUT must be a positive number"),
        ({"ELEMENTS_TIMEOUT": "-1"}, "ELEMENTS_TIMEOUT must be a positive number"),
        ({"ELEMENTS_TIMEOUT": "1,2,3"}, "ELEMENTS_TIMEOUT must be a number of seconds, or two"),
        ({"ELEMENTS_API_TOKEN": "SECRET\nX: 1"}, "ELEMENTS_API_TOKEN must be printable ASCII"),
        ({"ELEMENTS_API_TOKEN_FILE": "/no/SECRET"}, "ELEMENTS_API_TOKEN_FILE cannot be read: No such file"),
        ({"ELEMENTS_API_TOKEN_FILE": os.devnull}, "ELEMENTS_API_TOKEN_FILE cannot be read: it is empty"),
        ({"ELEMENTS_API_TOKEN": "SECRET", "ELEMENTS_API_TOKEN_FILE": "SECRET"}, "are both set; keep one"),
    ],
)
def test_malformed_variable_is_named_and_not_shown(
    variables: dict[str, str], words: str, environment: pytest.MonkeyPatch
) -> None:
    for name, value in {"ELEMENTS_HOST": "https://storage.example.com", **variables}.items():
        environment.setenv(name, value)
    with pytest.raises(ApiValueError, match=words) as caught:
        Configuration.from_env()
    assert "SECRET" not in str(caught.value)
    for frame, _line in traceback.walk_tb(caught.value.__traceback__):
        if "elements_sdk" in frame.f_code.co_filename:
            assert "SECRET" not in repr(frame.f_locals)


@only_blocking
def test_pickle_keeps_the_number_of_threads() -> None:
    assert pickle.loads(pickle.dumps(ApiClient(pool_threads=2))).pool_threads == 2


def test_hook_that_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    configuration = Configuration()
    configuration.refresh_api_key_hook = lambda _configuration: None
    with pytest.raises(ApiValueError, match="refresh_api_key_hook cannot be pickled"):
        pickle.dumps(configuration)
    (tmp_path / "token").write_text("KEY")
    configuration.refresh_api_key_hook = TokenFile(str(tmp_path / "token"))
    clone: Configuration = pickle.loads(pickle.dumps(configuration))
    assert clone.get_api_key_with_prefix("Bearer") == "Bearer KEY"
