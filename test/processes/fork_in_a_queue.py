"""`python -m test.processes.fork_in_a_queue HOST`: forks while a thread holds the lock of the pool of connections."""

from __future__ import annotations

import sys
import threading
import time
from queue import LifoQueue
from types import FrameType
from typing import Any

from test.processes.calls import client_of, wrong_answers
from test.processes.forks_under_load import fork, waited_for

_holds_lock = threading.Event()


def _stop_within_lock(frame: FrameType, _event: str, _argument: Any) -> None:
    """Let the thread sleep where it takes a connection out of urllib3's queue."""
    if frame.f_code is LifoQueue._get.__code__ and not _holds_lock.is_set():
        _holds_lock.set()
        time.sleep(0.5)


def main(host: str) -> None:
    """Print whether the child made its call and exited, where Python closes what was left open."""
    client = client_of(host)
    assert wrong_answers(client, [1]) == []
    threading.settrace(_stop_within_lock)
    thread = threading.Thread(target=wrong_answers, args=(client, [2]))
    thread.start()
    assert _holds_lock.wait(5)
    child = fork()
    if child == 0:
        sys.exit(len(wrong_answers(client, [3])))
    print(waited_for(child))
    thread.join()
    client.close()


if __name__ == "__main__":
    main(sys.argv[1])
