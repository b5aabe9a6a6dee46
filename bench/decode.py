"""How long a list of access tokens takes from bytes to models, against `json.loads` on the same bytes.

Run it as `python bench/decode.py`. It alternates both and prints the ratio of each round's times; the target is 2.0.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from elements_sdk.serialization import from_json

TARGET = 2.0


def token(number: int) -> dict[str, Any]:
    """An access token as a server sends it: three visits, two users, one bundle."""
    return {
        "id": number,
        "activity": [
            {
                "id": number * 3 + visit,
                "date": f"2026-03-0{visit + 1}T10:11:12.123456Z",
                "ip": "192.0.2.1",
                "token": number,
            }
            for visit in range(3)
        ],
        "user": user(number % 50),
        "created_by": user(number % 7),
        "media_root_permissions": "",
        "shared_bundles": [{"id": number, "name": f"Bundle {number}"}],
        "shared_directories": [],
        "full_url": f"https://storage.example.com/share/{number:032x}",
        "url": f"/media/shared/{number}",
        "token": f"{number:032x}",
        "view_limit_enabled": False,
        "view_limit_left": 0,
        "expires": "2026-12-01T00:00:00Z",
        "require_login": False,
        "is_easy_sharing_for_bundle": None,
        "is_easy_sharing_for_directory": None,
    }


def user(number: int) -> dict[str, Any]:
    """A user in short."""
    return {
        "id": number,
        "avatar": None,
        "display_name": f"User {number}",
        "email": f"user{number}@example.com",
        "full_name": f"User Number {number}",
        "is_external": False,
        "is_cloud": False,
        "username": f"user{number}",
    }


def timed(work: Callable[[], object]) -> float:
    """Seconds that one run takes, the disposal of what it made included."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    data = json.dumps([token(number) for number in range(options.tokens)]).encode()

    def plain() -> object:
        return json.loads(data)

    def models() -> object:
        return from_json(data, "list[OneTimeAccessToken]")

    models()  # compiles the readers
    rounds = [(timed(plain), timed(models)) for _ in range(options.rounds)]
    ratios = sorted(ours / theirs for theirs, ours in rounds)
    print(f"{options.tokens} tokens, {len(data):,} bytes, {options.rounds} alternating rounds")
    print(f"json.loads: {statistics.median(theirs for theirs, _ in rounds) * 1000:.1f} ms (median)")
    print(f"models:     {statistics.median(ours for _, ours in rounds) * 1000:.1f} ms (median)")
    middle = statistics.median(ratios)
    print(f"ratio:      {middle:.2f} (quartiles {ratios[len(ratios) // 4]:.2f} to {ratios[-len(ratios) // 4]:.2f})")
    print(f"target:     at most {TARGET:.1f}, {'met' if middle <= TARGET else 'missed'}")


if __name__ == "__main__":
    main()
