"""`python -m test.guests.gevent_calls HOST CA_FILE GREENLETS`: greenlets with one client, and how long they took."""

from __future__ import annotations

from gevent import monkey  # type: ignore[import-untyped]

monkey.patch_all()

import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402

from test.processes.calls import client_of, wrong_answers  # noqa: E402


def main(host: str, ca_file: str, greenlets: int) -> None:
    """Let each greenlet make two calls; print how many responses were wrong, and the seconds."""
    with client_of(host, Path(ca_file).read_text("ascii"), pool=10) as client:
        started = time.monotonic()
        jobs = [gevent.spawn(wrong_answers, client, [number, 1000 + number]) for number in range(greenlets)]
        print(sum(len(job.get()) for job in jobs), time.monotonic() - started)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
