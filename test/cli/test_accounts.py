"""Whatever ends a job, its record, its summary, its exit code and the server agree about every link."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import resource
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from test.command_line import COMMAND, environment, run, run_here
from test.link_server import IS_DONE, Server, link, links
from test.recording import CannedResponse

Here = Callable[..., subprocess.CompletedProcess[str]]

DONE = {"revoke": "revoked", "email": "sent"}
MESSAGE = {"revoke": [], "email": ["--to", "ada@example.com", "--subject", "Dailies"]}
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}


class Ended(NamedTuple):
    """A job that has ended."""

    code: int
    output: str
    errors: str


@contextmanager
def started(command: str, server: Server, record: Path, most: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """Start a job on all links.

    :param most: bytes that a file of the job may have; with more, the disk is full.
    """

    def prepare() -> None:
        for number in SIGNALS:  # whoever runs the tests may have some of them ignored
            signal.signal(number, signal.SIG_DFL)
        if most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    arguments = [COMMAND, "links", command, "--all", "--yes", "--record", str(record), *MESSAGE[command], "-o", "jsonl"]
    variables = environment(ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T")
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdout=pipe, stderr=pipe, text=True, env=variables, preexec_fn=prepare) as job:
        try:
            yield job
        finally:
            job.kill()


def finish(job: subprocess.Popen[str]) -> Ended:
    output, errors = job.communicate(timeout=60)
    return Ended(job.returncode, output or "", errors or "")


def wait_for(server: Server, calls: int) -> None:
    limit = time.monotonic() + 30
    while len(server.done) < calls and time.monotonic() < limit:
        time.sleep(0.002)


def rows_of(record: Path) -> list[dict[str, Any]]:
    text = record.read_text("utf-8")
    return list(json.loads(text)) if record.suffix == ".json" else list(csv.DictReader(io.StringIO(text)))


def assert_agree(command: str, server: Server, record: Path, ended: Ended, *codes: int) -> None:
    """Each link has one row, in the record or printed since the record could not take it, and all rows are true."""
    rows, done = rows_of(record), DONE[command]
    printed = re.search(r"^These rows are missing in [^\n]*\n(.*?)\n\n", ended.errors, re.DOTALL | re.MULTILINE)
    if printed:
        rows += csv.DictReader(io.StringIO(printed[1]))
    assert sorted(str(row["id"]) for row in rows) == sorted(str(item["id"]) for item in server.links)
    outcomes: dict[str, set[str]] = {name: set() for name in (done, "failed", "not known", "not touched")}
    for row in rows:
        outcomes[row["outcome"]].add(str(row["id"]))
    assert outcomes[done] <= {*server.done} <= outcomes[done] | outcomes["not known"] | outcomes["failed"]
    assert max(Counter(server.done).values(), default=0) <= 1
    told = ended.errors.rstrip().rpartition("\n")[2]
    counts = {name: int(number) for number, name in re.findall(r"(\d+) (failed|not known|not touched)", told)}
    counts[done] = int(re.findall(rf"(\d+) of {len(rows)} links? {done}", told)[0])
    assert counts == {name: len(numbers) for name, numbers in outcomes.items() if numbers or name == done}, told
    assert "Traceback" not in ended.errors
    assert ended.code in codes


@pytest.mark.parametrize(
    ("command", "number", "suffix"),
    [
        ("revoke", signal.SIGTERM, ".json"),
        ("revoke", signal.SIGHUP, ".csv"),
        ("email", signal.SIGINT, ".json"),
        ("email", signal.SIGTERM, ".csv"),
    ],
)
def test_signal_ends_a_job_between_two_calls(command: str, number: signal.Signals, suffix: str, tmp_path: Path) -> None:
    record = tmp_path / f"record{suffix}"
    with Server(links(100), after=0.02) as server:
        with started(command, server, record) as job:
            wait_for(server, 20)
            job.send_signal(number)
            ended = finish(job)
        assert 20 <= len(server.done) < 100
        assert_agree(command, server, record, ended, SIGNALS[number])
        assert not [row for row in rows_of(record) if row["outcome"] == "not known"]


@pytest.mark.parametrize("second", SIGNALS)
def test_second_signal_counts_the_calls_under_way_as_not_known(second: signal.Signals, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    with Server(links(20), after=20) as server, started("email", server, record) as job:
        wait_for(server, 8)  # as many as go at a time
        assert job.stderr is not None
        job.send_signal(signal.SIGTERM)
        while "Stopping" not in job.stderr.readline():
            pass
        job.send_signal(second)
        ended = finish(job)
        assert_agree("email", server, record, ended, 143)
        assert Counter(row["outcome"] for row in rows_of(record)) == {"not known": 8, "not touched": 12}


def test_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    record = tmp_path / "record.csv"
    with Server(links(30), after=0.02) as server:
        variables = environment(ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T")
        command = ["nohup", COMMAND, "links", "revoke", "--all", "--yes", "--record", str(record), "-o", "jsonl"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=variables) as job:
            wait_for(server, 5)
            job.send_signal(signal.SIGHUP)
            ended = finish(job)
        assert_agree("revoke", server, record, ended, 0)
    assert len(server.done) == 30


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize(("command", "most"), [("revoke", 3000), ("email", 1200)])
def test_full_disk_prints_what_the_record_cannot_take(command: str, most: int, suffix: str, tmp_path: Path) -> None:
    record = tmp_path / f"record{suffix}"
    with Server(links(60), after=0.01) as server, started(command, server, record, most) as job:
        ended = finish(job)
        assert_agree(command, server, record, ended, 1)
        assert len(server.done) < 60
        assert "Stopped, for the record cannot be written (File too large): " in ended.errors


ODD = {
    "a text": "x",
    "nothing": None,
    "a list": [1],
    "an object": {"a": 1},
    "true": True,
    "a float": 1.5,
    "the one before, in figures of another script": "٢٠",
    "an empty text": "",
}


@pytest.mark.parametrize("command", DONE)
@pytest.mark.parametrize("name", ODD)
def test_odd_number_of_a_link_is_an_outcome_and_the_rest_is_done(
    command: str, name: str, tmp_path: Path, here: Here
) -> None:
    record = tmp_path / "record.json"
    with Server([*links(20), link(ODD[name]), *(link(number) for number in range(22, 31))]) as server:
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        arguments = ["links", command, "--all", "--yes", "--record", str(record), *MESSAGE[command], "-o", "json"]
        result = here(*arguments, **variables)
    rows = rows_of(record)
    assert len(rows) == 30
    assert [row["id"] for row in rows] == [*range(1, 21), ODD[name], *range(22, 31)]
    assert [row["outcome"] for row in [*rows[:20], *rows[21:]]] == [DONE[command]] * 29
    assert "fault" not in result.stderr
    assert json.loads(result.stdout) == rows


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize("text", ["\ud800", "a\ud83d", "\x00\x1b"])
def test_text_that_no_encoding_has_does_not_end_the_job(text: str, suffix: str, tmp_path: Path, here: Here) -> None:
    record = tmp_path / f"record{suffix}"
    with Server([link(1), link(2, url=text, user={"id": 1, "username": text}), link(3)]) as server:
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        result = here("links", "revoke", "--all", "--yes", "--record", str(record), "-o", "csv", **variables)
    assert result.returncode == 0
    assert result.stderr.endswith("3 of 3 links revoked.\n")
    assert [row["outcome"] for row in rows_of(record)] == ["revoked"] * 3


def test_exception_that_nobody_had_thought_of_is_an_outcome(
    tmp_path: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    from elements_sdk.api.auth_api import AuthApi

    def fail(_auth: AuthApi, number: int, **_options: object) -> None:
        if number == 3:
            raise ZeroDivisionError

    monkeypatch.setattr(AuthApi, "delete_access_token", fail)
    record = tmp_path / "record.csv"
    with Server(links(100)) as server:
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        result = here("links", "revoke", "--all", "--yes", "--record", str(record), **variables)
    outcomes = {row["id"]: row["outcome"] for row in rows_of(record)}
    assert result.returncode == 1
    assert len(outcomes) == 100
    assert outcomes["3"] == "not known"
    assert "Stopped, for elements-sdk has a fault: ZeroDivisionError at " in result.stderr


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize(("command", "again"), [("revoke", False), ("email", False), ("email", True)])
def test_resume_does_what_is_left_once(command: str, again: bool, suffix: str, tmp_path: Path, here: Here) -> None:
    record = tmp_path / f"record{suffix}"
    unknown, refused = {"3", "4"}, {"5"}

    def respond(number: str) -> CannedResponse:
        if number in unknown:
            raise ConnectionError
        return CannedResponse(403, b'{"detail": "No."}') if number in refused else IS_DONE

    with Server(links(8)) as server:
        server.respond = respond
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        given = ("links", command, *MESSAGE[command], "--yes")
        assert here(*given, "--all", "--record", str(record), **variables).returncode in (1, 3)
        server.respond = lambda _number: IS_DONE
        server.links = [item for item in server.links if item["id"] != 4]  # it is done
        server.done.clear()
        options = ["--again"] if again else []
        resumed = here(*given, "--resume", str(record), *options, **variables)
        repeats = command == "revoke" or again
        assert sorted(server.done) == (["3", "4", "5"] if repeats else ["5"])
        newest = {str(row["id"]): row["outcome"] for row in rows_of(record)}
        left = {} if repeats else dict.fromkeys(unknown, "not known")
        assert newest == {str(number): DONE[command] for number in range(1, 9)} | left
        assert resumed.returncode == 0
        server.done.clear()
        assert here(*given, "--resume", str(record), *options, **variables).returncode == 0
        assert server.done == []


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_resume_leaves_links_without_a_number_as_they_are(suffix: str, tmp_path: Path, here: Here) -> None:
    record = tmp_path / f"record{suffix}"
    with Server([link(1), link(None), link([1]), link({"a": 1})]) as server:
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        assert here("links", "revoke", "--all", "--yes", "--record", str(record), **variables).returncode == 2
        before = record.read_text()
        assert server.done == ["1"]
        assert here("links", "revoke", "--resume", str(record), "--yes", **variables).returncode == 0
        assert (server.done, record.read_text()) == (["1"], before)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["links", "revoke", "--resume", "{record}", "--all"], "--resume takes the links from its record"),
        (["links", "revoke", "--resume", "{record}", "7"], "--resume takes the links from its record"),
        (["links", "revoke", "--resume", "{record}", "--record", "x.csv"], "--resume takes the links from its record"),
        (["links", "email", "--resume", "{record}"], "is not a record of this command"),
        (["links", "revoke", "--resume", "{other}"], "of another server"),
        (["links", "revoke", "--resume", "{text}"], "is not a record"),
        (["links", "revoke", "--resume", "nowhere.csv"], "cannot be opened"),
        (["links", "email", "--again", "1"], "--again goes with --resume"),
    ],
)
def test_resume_of_what_cannot_be_resumed_is_wrong_usage(
    arguments: list[str], problem: str, tmp_path: Path, here: Here
) -> None:
    files = {name: tmp_path / f"{name}.csv" for name in ("record", "other", "text")}
    with Server(links(2)) as server:
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        here("links", "revoke", "--all", "--yes", "--record", str(files["record"]), **variables)
        text = files["record"].read_text()
        files["other"].write_text(text.replace(server.host, "https://other.example.com"))
        files["text"].write_text("id\n7\n")
        server.done.clear()
        result = here(*(item.format(**files) for item in arguments), "--yes", **variables)
    assert result.returncode == 2
    assert problem in result.stderr
    assert server.done == []


def storm(command: str, ending: str, moment: float, count: int, tmp_path: Path) -> None:
    """End a job by this, somewhere on its way, and compare what everybody says of it."""
    record = tmp_path / f"record-{moment}{random.choice(['.csv', '.json'])}"
    most = int(200 + moment * 150 * count) if ending == "ENOSPC" else None
    with Server(links(count), after=0.004) as server:
        with started(command, server, record, most) as job:
            wait_for(server, 1)
            time.sleep(0.0 if most else moment * count * 0.0008)
            if ending == "closed pipe":
                assert job.stdout is not None
                job.stdout.close()
                job.stdout = None
            elif most is None:
                job.send_signal(signal.Signals[ending])
            ended = finish(job)
        codes: dict[str, tuple[int, ...]] = {"closed pipe": (0, 141), "ENOSPC": (0, 1)}
        for number, code in SIGNALS.items():  # negative: when all was told, and the process about to end
            codes[number.name] = (0, code, -number)
        assert_agree(command, server, record, ended, *codes[ending])


ENDINGS = ["SIGINT", "SIGTERM", "SIGHUP", "closed pipe", "ENOSPC"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_small_storm_leaves_no_link_without_an_account(ending: str, tmp_path: Path) -> None:
    storm("revoke", ending, random.random(), 60, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("command", DONE)
def test_storm_leaves_no_link_without_an_account(command: str, ending: str, tmp_path: Path) -> None:
    for _ in range(20):
        storm(command, ending, random.random(), 300, tmp_path)


def test_record_is_whole_after_a_kill(tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    with Server(links(100), after=0.02) as server, started("revoke", server, record) as job:
        wait_for(server, 30)
        job.kill()
        job.communicate()
        assert {str(row["id"]) for row in rows_of(record)} <= {*server.done}
        assert run("links", "revoke", "--resume", str(record), ELEMENTS_HOST=server.host).returncode == 4


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    return lambda *arguments, **variables: run_here(capsys, monkeypatch, *arguments, **variables)
