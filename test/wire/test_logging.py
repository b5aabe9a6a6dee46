"""What is logged, where it is shown, and the one warning."""

from __future__ import annotations

import http.client
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from elements_sdk import (
    ApiClient,
    ApiConnectionError,
    ApiException,
    ApiValueError,
    AuthApi,
    Configuration,
    InsecureTransportWarning,
)
from test.recording import RecordingServer


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    yield
    configuration = Configuration()
    configuration.debug = False
    configuration.logger_file = None
    logger = logging.getLogger("elements_sdk")
    assert logger.level == logging.NOTSET
    assert [type(handler) for handler in logger.handlers if type(handler).__module__ == "logging"] == [
        logging.NullHandler
    ]


def test_each_attempt_is_one_debug_record(
    recorder: RecordingServer, recorded_client: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "elements_sdk")
    recorder.answers("[]")
    AuthApi(recorded_client).get_all_access_tokens(user=7)
    (record,) = [record for record in caplog.records if record.name == "elements_sdk"]
    assert record.levelno == logging.DEBUG
    assert record.getMessage().startswith("GET /api/2/auth/access-tokens -> 200 in ")
    assert record.getMessage().endswith(" ms (try 1)")


def test_failed_attempt_is_recorded_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "elements_sdk")
    with pytest.raises(ApiConnectionError):
        AuthApi(ApiClient(Configuration(host="http://127.0.0.1:9"))).create_auth_ticket()
    assert "POST /api/2/auth/ticket -> ApiConnectionError in " in caplog.text


def test_secret_path_parameter_is_masked(
    recorder: RecordingServer, recorded_client: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "elements_sdk")
    recorder.answers("{}", 404)
    with pytest.raises(ApiException) as caught:
        recorded_client.call_api("/share/{token}/{id}", "GET", path_params={"token": "SECRET", "id": 7})
    assert recorder.last.path == "/share/SECRET/7"
    assert caught.value.path == "/share/***/7"
    assert "GET /share/***/7 -> 404" in caplog.text
    assert "SECRET" not in caplog.text + str(caught.value)


def test_nothing_above_debug_for_a_call_that_succeeds(
    recorder: RecordingServer, recorded_client: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    recorder.answers('{"ticket": "t"}')
    AuthApi(recorded_client).create_auth_ticket()
    assert caplog.records == []


def test_debug_shows_the_log_on_standard_error(
    recorder: RecordingServer, recorded_client: ApiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder.answers('{"ticket": "SECRET"}')
    configuration = recorded_client.configuration
    configuration.logger_format = "LINE %(message)s"
    for _ in range(2):  # twice switched on shows each record once
        configuration.debug = True
    assert configuration.logger_stream_handler is not None
    AuthApi(recorded_client).create_auth_ticket()
    printed = capsys.readouterr()
    assert printed.err.count("LINE POST /api/2/auth/ticket -> 200") == 1
    assert printed.out == ""
    assert "SECRET" not in printed.err
    assert "KEY" not in printed.err
    configuration.debug = False
    assert configuration.logger_stream_handler is None
    AuthApi(recorded_client).create_auth_ticket()
    assert capsys.readouterr().err == ""
    assert http.client.HTTPConnection.debuglevel == 0
    assert logging.getLogger("urllib3").level == logging.NOTSET


def test_logger_file_takes_the_log(
    recorder: RecordingServer, recorded_client: ApiClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder.answers('{"ticket": "SECRET"}')
    configuration = recorded_client.configuration
    configuration.logger_file = str(tmp_path / "log")
    configuration.debug = True
    assert configuration.logger_file_handler is not None
    AuthApi(recorded_client).create_auth_ticket()
    text = (tmp_path / "log").read_text()
    assert text.count("DEBUG POST /api/2/auth/ticket -> 200") == 1
    assert "SECRET" not in text
    assert capsys.readouterr().err == ""
    with pytest.raises(ApiValueError, match="logger_file cannot be written: No such file or directory"):
        configuration.logger_file = "/no/such/folder/log"
    assert configuration.logger_file == str(tmp_path / "log")
    with pytest.raises(ApiValueError, match="logger_format is not a format for logging"):
        configuration.logger_format = "%(bogus"


def test_plain_http_to_another_machine_warns_once_a_client(caplog: pytest.LogCaptureFixture) -> None:
    auth = AuthApi(ApiClient(Configuration(host="http://storage.invalid")))
    words = "calls to http://storage.invalid:80 go over plain http"
    with pytest.warns(InsecureTransportWarning, match=words) as caught, pytest.raises(ApiConnectionError):
        auth.create_auth_ticket()
    assert [Path(warning.filename).name for warning in caught] == ["test_logging.py"]
    with pytest.raises(ApiConnectionError):  # a second warning would be an error here
        auth.create_auth_ticket()
    assert [record.levelname for record in caplog.records if record.name == "elements_sdk"] == ["WARNING"]


@pytest.mark.parametrize("host", ["http://localhost:9", "http://a.localhost:9", "http://[::1]:9"])
def test_plain_http_to_this_machine_does_not_warn(host: str) -> None:
    with pytest.raises(ApiConnectionError):
        AuthApi(ApiClient(Configuration(host=host))).create_auth_ticket()
