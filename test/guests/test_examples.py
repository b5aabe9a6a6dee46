"""The programs in `examples/` do what they say, each in a process of its own, against the sandbox."""

from __future__ import annotations

import csv
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from elements_sdk import ApiClient, AuthApi, OneTimeAccessToken
from elements_sdk.sandbox import Account, Sandbox
from test.processes.watching import wait_until
from test.recording import CannedResponse, RecordingServer

FOLDER = Path(__file__).parents[2] / "examples"


@pytest.fixture
def server() -> Iterator[Sandbox]:
    with Sandbox(tokens=40) as sandbox:
        yield sandbox


def environment(host: str, token: str, **more: str) -> dict[str, str]:
    return {**os.environ, "ELEMENTS_HOST": host, "ELEMENTS_API_TOKEN": token, **more}


def run(program: str, *arguments: str, server: Sandbox, account: Account) -> subprocess.CompletedProcess[str]:
    """Run an example to its end."""
    line = [sys.executable, "-W", "error", str(FOLDER / program), *arguments]
    settings = environment(server.host, account.api_token)
    return subprocess.run(line, env=settings, capture_output=True, text=True, timeout=30, check=False)


@contextmanager
def running(*line: str, settings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the end of the block, with its output in a log."""
    with (
        log.open("wb") as file,
        subprocess.Popen([sys.executable, *line], env=settings, cwd=FOLDER, stdout=file, stderr=file) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            process.wait(10)


def address_in(log: Path, within: float = 20.0) -> str:
    """Return the address that a service prints when it listens."""
    found: list[str] = []

    def look() -> bool:
        found[:] = re.findall(r"http://127\.0\.0\.1:\d+", log.read_text())
        return bool(found)

    wait_until(look, within)
    return found[0]


def ask(address: str, method: str = "GET", **fields: str) -> tuple[int, str]:
    """Send a form, or nothing; return status and body."""
    data = urlencode(fields).encode() if fields else None
    try:
        with urlopen(Request(address, data, method=method), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def links_of(server: Sandbox) -> list[OneTimeAccessToken]:
    with ApiClient(server.configuration(server.admin)) as client:
        return list(AuthApi(client).iter_access_tokens())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_example_is_short_says_how_to_run_it_and_is_tested_and_listed(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) < 60
    assert lines[0].startswith('"""')
    assert "ELEMENTS_HOST" in path.read_text("utf-8").split('"""')[1]
    assert path.stem in Path(__file__).read_text("utf-8")
    assert f"(../examples/{path.name})" in (FOLDER.parent / "docs/examples.md").read_text("utf-8")


def test_nightly_audit_writes_to_the_owner_of_each_link_that_never_expires(server: Sandbox) -> None:
    owners = [(link.id, link.created_by.email) for link in links_of(server) if link.created_by and not link.expires]
    done = run("nightly_audit.py", server=server, account=server.admin)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"link {number}: e-mail sent" for number, _ in owners]
    written = [(mail.subject, *mail.to) for mail in server.outbox]
    assert sorted(written) == sorted((f"Is your share link {number} still needed?", to) for number, to in owners)


def test_revoke_links_of_says_what_it_would_do_and_changes_nothing(server: Sandbox) -> None:
    before = links_of(server)
    theirs = [link.id for link in before if is_of(link, server.user.id)]
    done = run("revoke_links_of.py", str(server.user.id), server=server, account=server.admin)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"{len(theirs)} of {len(theirs)} links would be revoked\n"
    assert links_of(server) == before


def test_revoke_links_of_revokes_theirs_and_records_each(server: Sandbox) -> None:
    before = links_of(server)
    theirs = [link.id for link in before if is_of(link, server.user.id)]
    done = run("revoke_links_of.py", str(server.user.id), "--yes", server=server, account=server.admin)
    assert done.returncode == 0
    assert done.stderr == f"{len(theirs)} of {len(theirs)} links are revoked\n"
    rows = list(csv.reader(done.stdout.splitlines()))
    assert rows == [["link", "outcome", "reason"], *([str(number), "revoked", ""] for number in theirs)]
    assert [link.id for link in links_of(server)] == [link.id for link in before if link.id not in theirs]


def is_of(link: OneTimeAccessToken, user: int) -> bool:
    return user in (link.user.id, link.created_by and link.created_by.id)


def test_single_sign_on_lets_in_who_comes_from_the_portal_once(server: Sandbox, tmp_path: Path) -> None:
    settings, log = environment(server.host, ""), tmp_path / "log"
    with running("-W", "error", "single_sign_on.py", settings=settings, log=log):
        portal = address_in(log)
        assert "Log in" in ask(portal)[1]
        assert ask(portal, "POST", name="user", password="wrong")[0] == 401
        status, page = ask(portal, "POST", name="user", password=server.user.password)
        assert status == 200
        (review,), (ticket,) = re.findall(r"action='(.+?)'", page), re.findall(r"value='(.+?)'", page)
        assert ask(review, "POST", ticket=ticket) == (200, "Welcome to the review, Uma User!")
        assert ask(review, "POST", ticket=ticket)[0] == 403
        assert ask(review)[0] == 403
        assert ticket not in log.read_text()
        assert server.user.password not in log.read_text()


def test_fastapi_service_lists_and_revokes_links_over_one_client(server: Sandbox, tmp_path: Path) -> None:
    settings, log = environment(server.host, server.admin.api_token), tmp_path / "log"
    until = datetime.now(UTC) + timedelta(days=30)
    expected = {str(link.id) for link in links_of(server) if link.expires and until > link.expires > datetime.now(UTC)}
    with running("-m", "uvicorn", "fastapi_service:app", "--port", "0", settings=settings, log=log):
        service = address_in(log)
        status, body = ask(f"{service}/links/expiring?days=30")
        assert (status, json.loads(body).keys()) == (200, expected)
        number = min(expected)
        assert ask(f"{service}/links/{number}", "DELETE") == (204, "")
        status, body = ask(f"{service}/links/{number}", "DELETE")
        assert (status, json.loads(body)) == (404, {"detail": "No OneTimeAccessToken matches the given query."})
        server.close()
        assert ask(f"{service}/links/2", "DELETE") == (502, '{"detail":"The media server could not be asked."}')
    assert "Traceback" not in log.read_text()


def test_django_service_lists_links_over_one_client(server: Sandbox, tmp_path: Path) -> None:
    settings, log = environment(server.host, server.admin.api_token), tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as free:
        service = f"127.0.0.1:{free.getsockname()[1]}"
    with running("django_service.py", "runserver", "--noreload", "--skip-checks", service, settings=settings, log=log):
        wait_until(lambda: "Starting development server" in log.read_text() or "Traceback" in log.read_text(), 20)
        status, body = ask(f"http://{service}/links/endless")
        endless = [link.id for link in links_of(server) if link.expires is None]
        assert (status, json.loads(body)) == (200, {"links": endless})
        server.close()
        assert ask(f"http://{service}/links/endless")[0] == 502
    assert server.admin.api_token not in log.read_text()


@pytest.fixture
def celery(tmp_path: Path) -> dict[str, str]:
    """Return the settings of a broker and a store of results, both in a folder."""
    messages, results = tmp_path / "messages", tmp_path / "results"
    messages.mkdir()
    results.mkdir()
    options = {"data_folder_in": str(messages), "data_folder_out": str(messages), "control_folder": str(tmp_path)}
    lines = [
        "broker_url = 'filesystem://'",
        f"broker_transport_options = {options}",
        f"result_backend = {results.as_uri()!r}",
    ]
    (tmp_path / "own_celeryconfig.py").write_text("\n".join(lines))
    return {"CELERY_CONFIG_MODULE": "own_celeryconfig", "PYTHONPATH": str(tmp_path)}


@contextmanager
def worker(settings: dict[str, str], folder: Path) -> Iterator[None]:
    with running("-m", "celery", "-A", "celery_job", "worker", "--pool=solo", settings=settings, log=folder / "log"):
        yield


def result_of(number: int, settings: dict[str, str], folder: Path) -> dict[str, Any]:
    """Ask for an e-mail, and return the stored result of the job when it is done."""
    line = [sys.executable, "celery_job.py", str(number), "ada@example.com"]
    asked = subprocess.run(line, env=settings, cwd=FOLDER, capture_output=True, text=True, timeout=30, check=True)
    record = folder / "results" / f"celery-task-meta-{asked.stdout.strip()}"
    done = re.compile(r'\{.*"status": "(SUCCESS|FAILURE)".*\}', re.DOTALL)  # whole, not half written
    wait_until(lambda: record.exists() and done.fullmatch(record.read_text()), 30)
    result: dict[str, Any] = json.loads(record.read_text())
    return result


def test_celery_job_sends_the_e_mail(server: Sandbox, celery: dict[str, str], tmp_path: Path) -> None:
    settings = environment(server.host, server.admin.api_token, **celery)
    with worker(settings, tmp_path):
        assert result_of(7, settings, tmp_path)["status"] == "SUCCESS"
        refused = result_of(10**9, settings, tmp_path)
    assert (refused["status"], refused["result"]["exc_type"]) == ("FAILURE", "NotFoundException")
    assert [mail.to for mail in server.outbox] == [["ada@example.com"]]
    assert server.admin.api_token not in (tmp_path / "log").read_text()


def test_celery_job_is_tried_again_only_where_the_server_has_not_acted(
    recorder: RecordingServer, celery: dict[str, str], tmp_path: Path
) -> None:
    throttled = CannedResponse(429, b"{}", [("Retry-After", "1"), ("Content-Type", "application/json")])
    answers = {7: [CannedResponse(), throttled], 8: [CannedResponse(), CannedResponse(500)]}  # the last ones first
    recorder.answer = lambda request: answers[int(request.path.split("/")[-2])].pop()
    settings = environment(recorder.host, "KEY", **celery)
    with worker(settings, tmp_path):
        assert result_of(7, settings, tmp_path)["status"] == "SUCCESS"
        assert result_of(8, settings, tmp_path)["status"] == "FAILURE"
    assert [request.path.split("/")[-2] for request in recorder.requests] == ["7", "7", "8"]
