"""The sandbox, by raw HTTP without the SDK; its start and end; and what it reports to its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3

from elements_sdk.sandbox import Account, Sandbox, SandboxError

BASE = "/api/2/auth"


class Browser:
    """A plain HTTP client with cookies, and nothing else."""

    def __init__(self, host: str, token: str | None = None) -> None:
        self.host = host
        self.pool = urllib3.PoolManager()
        self.cookies: dict[str, str] = {}
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, urllib3.HTTPHeaderDict]:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.pool.request(
            method, self.host + BASE + path, json=body, headers=sent, retries=False, redirect=False
        )
        for line in answer.headers.getlist("Set-Cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        data = answer.data.decode()
        return answer.status, json.loads(data) if data[:1] in ("{", "[") else data, answer.headers

    def log_in(self, account: Account, **extra: str) -> tuple[int, Any, urllib3.HTTPHeaderDict]:
        csrf = {"X_CSRFToken": self.cookies["csrftoken"]} if "csrftoken" in self.cookies else {}
        return self.send(
            "POST", "/login", {"username": account.username, "password": account.password, **extra}, **csrf
        )


def test_it_is_ready_soon_and_its_accounts_are_known() -> None:
    started = time.monotonic()
    with Sandbox() as sandbox:
        assert time.monotonic() - started < 15  # about one second on an idle machine
        assert [account.username for account in sandbox.accounts] == [
            "admin",
            "user",
            "otp_user",
            "new_user",
            "disabled_user",
        ]
        assert len({account.id for account in sandbox.accounts}) == 5
        assert len(sandbox.otp_user.otp()) == 6
        assert sandbox.user.password not in repr(sandbox.user)
        assert sandbox.user.api_token not in repr(sandbox.user)
        with pytest.raises(SandboxError, match="the account 'user' uses no one-time codes"):
            sandbox.user.otp()
        with pytest.raises(SandboxError, match="there is no account 'nobody'"):
            sandbox.password_reset_token("nobody")


def test_session_post_without_csrf_token_is_403(sandbox: Sandbox) -> None:
    browser = Browser(sandbox.host)
    status, body, headers = browser.log_in(sandbox.user)
    assert (status, body["user"]["username"]) == (200, "user")
    assert {line.partition("=")[0] for line in headers.getlist("Set-Cookie")} == {"csrftoken", "sessionid"}
    assert browser.send("POST", "/ticket")[:2] == (403, {"detail": "CSRF Failed: CSRF token missing."})
    status, body, _ = browser.send("POST", "/ticket", X_CSRFToken="wrong" * 8)
    assert (status, body["detail"].startswith("CSRF Failed: CSRF token")) == (403, True)
    assert browser.send("POST", "/ticket", X_CSRFToken=browser.cookies["csrftoken"])[0] == 200
    assert browser.send("GET", "/access-tokens?limit=1")[0] == 200


def test_login_rotates_session_and_csrf_token_and_logout_deletes_the_session(sandbox: Sandbox) -> None:
    browser = Browser(sandbox.host)
    browser.log_in(sandbox.user)
    before = dict(browser.cookies)
    browser.log_in(sandbox.admin)
    assert before["csrftoken"] != browser.cookies["csrftoken"]
    assert before["sessionid"] != browser.cookies["sessionid"]
    status, body, _ = browser.send("POST", "/logout", X_CSRFToken=browser.cookies["csrftoken"])
    assert (status, body) == (200, "")
    assert browser.cookies["sessionid"] == '""'
    assert browser.send("GET", "/access-tokens")[:2] == (
        401,
        {"detail": "Authentication credentials were not provided."},
    )


def test_errors_are_those_of_rest_framework(sandbox: Sandbox) -> None:
    browser = Browser(sandbox.host, sandbox.user.api_token)
    assert browser.send("GET", "/access-tokens?ordering=zz")[:2] == (400, {"ordering": ['"zz" is not a valid choice.']})
    assert browser.send("GET", "/access-tokens?user=x")[:2] == (400, {"user": ["A valid integer is required."]})
    status, ticket, _ = browser.send("POST", "/ticket")
    assert status == 200
    assert browser.send("POST", "/ticket/check", ticket)[0] == 200
    assert browser.send("POST", "/ticket/check", ticket)[:2] == (
        400,
        {"ticket": ["This ticket is not valid, or no longer."]},
    )
    assert browser.send("POST", "/ticket/check", {})[:2] == (400, {"ticket": ["This field is required."]})
    admin = Browser(sandbox.host, sandbox.admin.api_token)
    own = {token["id"] for token in browser.send("GET", "/access-tokens")[1]}
    foreign = next(token["id"] for token in admin.send("GET", "/access-tokens")[1] if token["id"] not in own)
    for path in (f"/access-tokens/{foreign}", "/access-tokens/abc", "/access-tokens/" + "9" * 30):
        assert browser.send("GET", path)[:2] == (404, {"detail": "No OneTimeAccessToken matches the given query."})
    assert browser.send("GET", "/ticket")[:2] == (405, {"detail": 'Method "GET" not allowed.'})
    status, body, headers = Browser(sandbox.host, "invented").send("POST", "/ticket")
    assert (status, body, headers["WWW-Authenticate"]) == (401, {"detail": "Invalid token."}, "Bearer")
    assert Browser(sandbox.host, sandbox.disabled_user.api_token).send("POST", "/ticket")[0] == 401
    assert browser.send("GET", "/nothing")[0] == 404


def test_list_is_plain_and_holds_what_was_promised(fresh_sandbox: Sandbox) -> None:
    sandbox = fresh_sandbox
    tokens = Browser(sandbox.host, sandbox.admin.api_token).send("GET", "/access-tokens")[1]
    assert isinstance(tokens, list)
    assert len(tokens) > 240
    for key in ("user", "created_by"):
        assert len({token[key]["id"] for token in tokens}) > 3
    for key in ("shared_bundles", "shared_directories"):
        assert len({shared["id"] for token in tokens for shared in token[key]}) > 8
    expired = [
        token
        for token in tokens
        if token["expires"] and token["expires"] < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ]
    assert 10 < len(expired) < 100
    assert sum(len(token["activity"]) for token in tokens) > 300
    assert all(token["full_url"] == f"{sandbox.host}/share/{token['token']}" for token in tokens)


def test_every_account_logs_in_or_is_refused_as_it_should(fresh_sandbox: Sandbox) -> None:
    sandbox = fresh_sandbox
    expected: list[tuple[Account, dict[str, str], int, str | None]] = [
        (sandbox.admin, {}, 200, None),
        (sandbox.otp_user, {}, 401, "otp_required"),
        (sandbox.otp_user, {"otp": "123"}, 401, "invalid_otp"),
        (sandbox.otp_user, {"otp": sandbox.otp_user.otp()}, 200, None),
        (sandbox.new_user, {}, 401, "password_change_required"),
        (sandbox.new_user, {"new_password": "Lantern-4471-x"}, 200, None),
        (sandbox.disabled_user, {}, 401, "account_disabled"),
    ]
    for account, extra, status, reason in expected:
        answer = Browser(sandbox.host).log_in(account, **extra)
        assert (answer[0], answer[1].get("reason")) == (status, reason)
    wrong = Browser(sandbox.host).send("POST", "/login", {"username": "user", "password": "wrong"})
    assert (wrong[0], wrong[1]["reason"], sorted(wrong[1])) == (401, "invalid_credentials", ["detail", "reason"])


def test_two_side_by_side_do_not_see_each_other(sandbox: Sandbox, fresh_sandbox: Sandbox) -> None:
    assert sandbox.host != fresh_sandbox.host
    other = Browser(fresh_sandbox.host, sandbox.user.api_token)
    assert other.send("POST", "/ticket")[0] == 401
    browser = Browser(sandbox.host, sandbox.admin.api_token)
    number = browser.send("GET", "/access-tokens?limit=1&ordering=-id")[1][0]["id"]
    assert browser.send("DELETE", f"/access-tokens/{number}")[0] == 204
    mine = Browser(fresh_sandbox.host, fresh_sandbox.admin.api_token)
    assert mine.send("GET", f"/access-tokens/{number}")[0] == 200
    assert len(fresh_sandbox.requests) == 2


def test_taken_port_is_an_error_in_words(sandbox: Sandbox) -> None:
    port = int(sandbox.host.rpartition(":")[2])
    with pytest.raises(SandboxError, match=r"the sandbox did not start: .*[Aa]ddress already in use"):
        Sandbox(port=port)


def test_after_close_nothing_is_left_and_asking_is_an_error() -> None:
    sandbox = Sandbox()
    folder, pid = sandbox._server._folder, sandbox._server._process.pid
    sandbox.close()
    sandbox.close()
    assert not Path(folder).exists()
    assert not is_running(pid)
    with pytest.raises(SandboxError, match="the sandbox has ended"):
        _ = sandbox.outbox


PARENT = """
import os, sys, time
from elements_sdk.sandbox import Sandbox, process
start = process._start
def announced(*arguments):
    child = start(*arguments)
    print(child.pid, arguments[0], flush=True)
    return child
process._start = announced
sandbox = Sandbox()
if "fork" in sys.argv and os.fork() == 0:
    time.sleep(20)  # a child of the parent that keeps the channel open
print("ready", flush=True)
time.sleep(60)
"""


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def check_end(pid: int, folder: str) -> None:
    deadline = time.monotonic() + 20
    while (is_running(pid) or Path(folder).exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(pid)
    assert not Path(folder).exists()


@pytest.mark.parametrize("way", ["plain", "fork", "while it starts"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_killed_parent_leaves_no_child_and_no_files(number: signal.Signals, way: str) -> None:
    command = [sys.executable, "-c", PARENT, way]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        assert is_running(int(pid))
        if way != "while it starts":
            assert parent.stdout.readline() == "ready\n"
        parent.send_signal(number)
        parent.wait(10)
        check_end(int(pid), folder)
        if way == "fork":
            os.killpg(parent.pid, signal.SIGKILL)


def test_forked_process_that_leaves_the_block_leaves_the_sandbox_alone(fresh_sandbox: Sandbox) -> None:
    child = os.fork()
    if child == 0:
        try:
            with pytest.raises(SandboxError, match="by the process that started it only"):
                _ = fresh_sandbox.outbox
            fresh_sandbox.close()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert fresh_sandbox.outbox == []
    assert Browser(fresh_sandbox.host, fresh_sandbox.user.api_token).send("POST", "/ticket")[0] == 200


def test_folder_that_the_parent_is_in_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "secrets.py").write_text("raise RuntimeError('a file of the user was imported')")
    program = (
        "import sys; sys.path.remove(''); from elements_sdk.sandbox import Sandbox; Sandbox().close(); print('fine')"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert result.stdout == "fine\n", result.stderr


def test_interrupted_question_does_not_put_later_ones_out_of_step(fresh_sandbox: Sandbox) -> None:
    server = fresh_sandbox._server
    server._to_child.write(json.dumps({"number": 999, "command": "password_reset_token", "username": "user"}) + "\n")
    server._to_child.flush()
    assert fresh_sandbox.outbox == []


def test_close_does_not_wait_for_a_stuck_question() -> None:
    sandbox = Sandbox()
    os.kill(sandbox._server._process.pid, signal.SIGSTOP)
    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(sandbox.outbox)
        except SandboxError as error:
            answers.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.2)
    sandbox.close()
    asking.join(10)
    assert answers == ["the sandbox has ended"]


def at_once(count: int, work: Callable[[], int]) -> list[int]:
    """Do the work in this many threads at the same moment, and return what each got."""
    barrier, results = threading.Barrier(count), []

    def run() -> None:
        barrier.wait()
        results.append(work())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


def test_what_works_once_works_once_when_many_try(fresh_sandbox: Sandbox) -> None:
    host, token = fresh_sandbox.host, fresh_sandbox.admin.api_token
    browser = Browser(host, token)
    for _ in range(3):
        ticket = browser.send("POST", "/ticket")[1]
        assert at_once(8, lambda: Browser(host).send("POST", "/ticket/check", ticket)[0]) == [200] + [400] * 7  # noqa: B023
        reset = {"token": fresh_sandbox.password_reset_token("user"), "password": "Lantern-4471-x"}
        assert at_once(8, lambda: Browser(host).send("POST", "/reset-password", reset)[0]) == [200] + [400] * 7  # noqa: B023
        number = browser.send("GET", "/access-tokens?limit=1")[1][0]["id"]
        path = f"/access-tokens/{number}"
        assert at_once(8, lambda: Browser(host, token).send("DELETE", path)[0]) == [204] + [404] * 7  # noqa: B023
    wrong = {"username": "nobody", "password": "x"}
    assert at_once(16, lambda: Browser(host).send("POST", "/login", wrong)[0]) == [401] * 5 + [429] * 11


def test_fifty_clients_at_once_are_served(sandbox: Sandbox) -> None:
    credentials = {"username": sandbox.user.username, "password": sandbox.user.password}
    assert at_once(50, lambda: Browser(sandbox.host).send("POST", "/login", credentials)[0]) == [200] * 50


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", f"/access-tokens?limit={10**30}", None, 200),
        ("GET", f"/access-tokens?offset={2**63}", None, 400),
        ("GET", f"/access-tokens?user={10**20}", None, 400),
        ("GET", f"/access-tokens?shared_bundles__asset={10**30}", None, 400),
        ("GET", "/access-tokens?user=%00", None, 400),
        ("POST", "/access-tokens/4/email", {"email": "a@\ue000.com"}, 400),
        ("POST", "/access-tokens/4/email", {"email": "a@" + "é" * 63 + ".com"}, 400),
        ("POST", "/access-tokens/4/email", {"text": "\x00"}, 400),
        ("POST", "/reset-password", {"token": "9" * 5000 + ".x", "password": "p"}, 400),
        ("POST", "/ticket/check", {"ticket": ["x"]}, 400),
        ("POST", "/ticket/check", ["x"], 400),
        ("POST", "/ticket/check", "x", 400),
        ("POST", "/login", {"username": {"a": 1}, "password": 5}, 400),
    ],
)
def test_odd_input_is_not_a_server_error(method: str, path: str, body: Any, status: int, sandbox: Sandbox) -> None:
    assert Browser(sandbox.host, sandbox.admin.api_token).send(method, path, body)[0] == status


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("[" * 100_000, "application/json", 400),
        ("{", "application/json", 400),
        ("a=1", "text/plain", 415),
        ('{"user": 1e400}', "application/json", 403),
    ],
)
def test_odd_body_is_not_a_server_error(body: str, kind: str, status: int, sandbox: Sandbox) -> None:
    path = "/impersonation" if "user" in body else "/ticket/check"
    headers = {"Content-Type": kind, "Authorization": f"Bearer {sandbox.admin.api_token}"}
    answer = urllib3.request("POST", sandbox.host + BASE + path, body=body, headers=headers)
    assert answer.status == status


def test_number_too_large_to_be_a_user_is_400(sandbox: Sandbox) -> None:
    browser = Browser(sandbox.host)
    browser.log_in(sandbox.admin)
    for number in (10**30, 10**400):
        status, body, _ = browser.send(
            "POST", "/impersonation", {"user": number}, X_CSRFToken=browser.cookies["csrftoken"]
        )
        assert (status, list(body)) == (400, ["user"])


def test_body_in_chunks_is_read(sandbox: Sandbox) -> None:
    ticket = Browser(sandbox.host, sandbox.user.api_token).send("POST", "/ticket")[1]
    pool = urllib3.PoolManager()
    for status in (200, 400):
        answer = pool.request(
            "POST",
            sandbox.host + BASE + "/ticket/check",
            body=iter([json.dumps(ticket).encode()]),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status == status
    assert json.loads(sandbox.requests[-1].body) == ticket


def test_logout_is_always_200(sandbox: Sandbox) -> None:
    browser = Browser(sandbox.host)
    browser.log_in(sandbox.user)
    assert browser.send("POST", "/logout")[0] == 200
    assert browser.send("GET", "/access-tokens")[0] == 401
    for token in ("invented", sandbox.disabled_user.api_token, None):
        assert Browser(sandbox.host, token).send("POST", "/logout")[0] == 200


def test_stop_without_start_or_without_permission(sandbox: Sandbox) -> None:
    for account, status in ((sandbox.admin, 400), (sandbox.user, 403)):
        browser = Browser(sandbox.host)
        browser.log_in(account)
        assert browser.send("POST", "/impersonation/stop", X_CSRFToken=browser.cookies["csrftoken"])[0] == status


def test_missing_extra_is_named_with_the_command() -> None:
    program = (
        "from elements_sdk.sandbox import Sandbox; from elements_sdk._utils import extras; find = extras.find_spec\n"
        "extras.find_spec = lambda name: None if name == 'cheroot' else find(name)\n"
        "try: Sandbox()\n"
        "except Exception as error: print(error)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (
        result.stdout
        == 'the sandbox cannot start: cheroot missing; install the extra: pip install ".[sandbox]" from a clone\n'
    )
