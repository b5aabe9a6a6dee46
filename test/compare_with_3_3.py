"""Side by side with the 3.3 client: the same calls give the same requests and outcomes, and every public name is here.

Run it as `python -m test.compare_with_3_3`. It installs the 3.3 client into an environment of its own, and fails where
that is not possible. Both interpreters run isolated (`-I`): no `PYTHONPATH` replaces one client by the other.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from test.recording import CannedResponse, Recorded, RecordingServer
from test.samples import SAMPLES

PROGRAM = Path(__file__).parent / "data/calls_of_3_3.py"
VERSION = "3.3.2"
PACKAGE = f"elements-sdk=={VERSION}"

# Call -> what differs on purpose; docs/migrating.md names it.
MEANT = {
    "delete_access_token": ("", None),
    "unknown key": ({"ok": True}, ["raised", ["ApiValueError", "ValueError"], None]),
}
REFUSED = {"unknown key"}  # calls that are not sent any more

RESPONSES: dict[tuple[str, str], Any] = {
    ("POST", "/api/2/auth/ticket/check"): SAMPLES["ElementsUserDetail"],
    ("POST", "/api/2/auth/ticket"): SAMPLES["Ticket"],
    ("POST", "/api/2/auth/generate-password"): SAMPLES["GeneratePasswordEndpointResponse"],
    ("GET", "/api/2/auth/access-tokens"): [SAMPLES["OneTimeAccessToken"]] * 2,
    ("POST", "/api/2/auth/login"): SAMPLES["AuthLoginEndpointResponse"],
}


def answer(request: Recorded) -> CannedResponse:
    """Answer as a server of 3.3 does."""
    number = request.path.rpartition("/")[2]
    if number in ("404", "500"):
        return CannedResponse(int(number), b'{"detail": "No."}')
    if request.method == "GET" and request.path.startswith("/api/2/auth/access-tokens/"):
        return CannedResponse(body=json.dumps(SAMPLES["OneTimeAccessToken"]).encode())
    if request.method == "DELETE":
        return CannedResponse(204, b"")
    return CannedResponse(body=json.dumps(RESPONSES.get((request.method, request.path), {"ok": True})).encode())


def on_the_wire(request: Recorded) -> dict[str, Any]:
    """Return what must be the same: the call, method, path, query, body and credentials."""
    is_json = request.body[:1] in (b"{", b"[")
    return {
        "call": request.header("X-Call"),
        "method": request.method,
        "path": request.path,
        "query": parse_qsl(request.query, keep_blank_values=True),
        "body": json.loads(request.body) if is_json else request.body.decode(),
        "authorization": request.header("Authorization"),
    }


def observe(python: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the program on an interpreter, and return what it reports and what came over the wire."""
    with RecordingServer() as server:
        server.answer = answer
        command = [python, "-I", "-W", "ignore", str(PROGRAM), server.host]
        result = subprocess.run(command, capture_output=True, text=True, cwd=tempfile.gettempdir())
        if result.returncode:
            raise SystemExit(f"the program failed on {python}:\n{result.stderr}")
        return json.loads(result.stdout), [on_the_wire(request) for request in server.requests]


def is_same(before: Any, after: Any) -> bool:
    """Return whether the result is the same, or an exception of the same status that old `except` clauses catch."""
    if isinstance(before, list) and before[:1] == ["raised"] and isinstance(after, list) and after[:1] == ["raised"]:
        return {*before[1]} <= {*after[1]} and before[2] == after[2]
    return bool(before == after)


def differences(old: Any, new: Any) -> list[str]:
    """Return, one line each, what the new client does differently."""
    (old_report, old_requests), (new_report, new_requests) = old, new
    outcomes = {name: (outcome, new_report["outcomes"].get(name)) for name, outcome in old_report["outcomes"].items()}
    found = [
        f"{name}: {before!r} became {after!r}"
        for name, (before, after) in outcomes.items()
        if not is_same(before, after) and MEANT.get(name) != (before, after)
    ]
    old_requests = [request for request in old_requests if request["call"] not in REFUSED]
    if len(old_requests) != len(new_requests):
        found.append(f"{len(old_requests)} requests became {len(new_requests)}")
    pairs = zip(old_requests, new_requests, strict=False)
    found += [f"request {before!r} became {after!r}" for before, after in pairs if before != after]
    for owner, names in old_report["names"].items():
        missing = sorted({*names} - {*new_report["names"][owner]})
        found += [f"{owner}.{name} is missing" for name in missing]
    return found


def problems(old: Any, new: Any) -> list[str]:
    """Return, one line each, why nothing could be compared, or else what the new client does differently."""
    before, after = old[0]["version"], new[0]["version"]
    if before != VERSION or after == VERSION:
        return [f"{before} was compared with {after}, not {VERSION} with its successor"]
    counts = compared(old)
    if not all(counts):
        return ["nothing was compared: {} calls, {} requests, {} names".format(*counts)]
    return differences(old, new)


def compared(old: Any) -> tuple[int, int, int]:
    """Return how many calls, requests and names of the old client there are to compare with."""
    report, requests = old
    return len(report["outcomes"]), len(requests), sum(map(len, report["names"].values()))


def main() -> int:
    """Compare; the exit status is 1 if anything differs, or nothing could be compared."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder, "bin/python"))
        install = [python, "-I", "-m", "pip", "install", "--quiet", PACKAGE]
        installed = subprocess.run(install, capture_output=True, text=True)
        if installed.returncode:
            print(f"{PACKAGE} cannot be installed here, so nothing was compared:\n{installed.stderr}")
            return 1
        old, new = observe(python), observe(sys.executable)
    found = problems(old, new)
    print("\n".join(found))
    print(
        "{} and {}: {} calls, {} requests, {} names compared".format(
            old[0]["version"], new[0]["version"], *compared(old)
        )
    )
    print(f"{len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
