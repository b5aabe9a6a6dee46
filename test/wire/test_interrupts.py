"""A signal handler raises in the middle of calls: the client goes on, and the pool keeps what it had."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType

import pytest

from elements_sdk._transport.connection import Pool
from test.faults.server import Conversation, FaultServer
from test.processes.calls import client_of, own_answers, wrong_answers
from test.processes.interrupted_calls import POOL, Interrupted
from test.processes.watching import in_threads, run

SLOW = pytest.mark.slow


class Together:
    """A server's behaviour: it notes how many requests for number 1000 are under way at most."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()

    def __call__(self, conversation: Conversation) -> None:
        answer = own_answers()
        read = conversation.read_request

        def read_request() -> object:
            seen = read()
            if seen is not None and seen.target.endswith("/1000"):
                with self._lock:
                    self._now += 1
                    self.most = max(self.most, self._now)
                conversation.pause(0.5)
                with self._lock:
                    self._now -= 1
            return seen

        conversation.read_request = read_request  # type: ignore[method-assign, assignment]
        answer(conversation)


@pytest.mark.parametrize(
    ("interrupts", "threads"),
    [(150, 0), (150, 6), pytest.param(2500, 0, marks=SLOW), pytest.param(2500, 6, marks=SLOW)],
)
def test_interrupts_leave_the_pool_whole(interrupts: int, threads: int) -> None:
    together = Together()
    with FaultServer(together) as server:
        assert run("interrupted_calls", server.host, f"{interrupts}", f"{threads}", within=60) == f"{interrupts} True\n"
    assert together.most == POOL


def interrupt_at(step: int, call: Callable[[], object]) -> bool:
    """Raise at the n-th moment of a call at which Python may run signal handlers; return whether there was one."""
    steps = 0

    def look(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal steps
        if event in ("call", "c_return"):
            steps += 1
            if steps == step:
                raise Interrupted

    try:
        sys.setprofile(look)
        call()
        sys.setprofile(None)
    except Interrupted:  # which has ended the profiling
        return True
    return steps >= step


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::RuntimeWarning", "ignore::pytest.PytestWarning")
@pytest.mark.parametrize(("others", "stride"), [(0, 1), (1, 23), pytest.param(1, 1, marks=SLOW)])
def test_call_may_be_interrupted_at_any_step(others: int, stride: int) -> None:
    is_over = threading.Event()
    with FaultServer(own_answers()) as server, client_of(server.host, pool=1) as client:
        client.configuration.total_timeout = 10
        assert wrong_answers(client, [1]) == []

        def work(_number: int) -> None:
            while not is_over.is_set():
                assert wrong_answers(client, [2]) == []

        working = threading.Thread(target=in_threads, args=(work, others))
        working.start()
        try:
            step, interrupted = 1, 0
            while interrupt_at(step, lambda: wrong_answers(client, [3])):
                step, interrupted = step + stride, interrupted + 1
                assert wrong_answers(client, [4]) == []
        finally:
            is_over.set()
            working.join()
    assert interrupted * stride > 500


def test_connection_is_given_back_once_though_a_call_is_interrupted_just_behind_that() -> None:
    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "return" and frame.f_code is Pool._put_conn.__code__:
            raise Interrupted

    wrong: list[int] = []
    with FaultServer(own_answers(0.2)) as server, client_of(server.host) as client:
        assert wrong_answers(client, [1]) == []
        sys.setprofile(look)
        with pytest.raises(Interrupted):
            wrong_answers(client, [2])
        in_threads(lambda number: wrong.extend(wrong_answers(client, [10 + number])), 2)
        assert server.connections == 2
    assert wrong == []
