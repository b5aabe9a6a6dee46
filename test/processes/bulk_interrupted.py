"""Deletes tokens in bulk with one kind of client until Ctrl-C comes; prints what was deleted, as JSON.

Without arguments: many bulk runs without a network, each interrupted at a random moment.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time

from elements_sdk import ApiClient, AuthApi, Configuration, aio
from elements_sdk.bulk import Outcome, map_calls
from test.processes.watching import wait_until


def delete(configuration: Configuration, numbers: list[int]) -> list[Outcome[int, object]]:
    done: list[Outcome[int, object]] = []
    with ApiClient(configuration) as client:
        bulk = map_calls(AuthApi(client).delete_access_token, numbers, max_concurrency=4)
        try:
            for outcome in bulk:
                done.append(outcome)
        except KeyboardInterrupt:
            bulk.stop()
            done.extend(bulk)
    return done


async def delete_in_loop(configuration: Configuration, numbers: list[int]) -> list[Outcome[int, object]]:
    done: list[Outcome[int, object]] = []
    async with aio.ApiClient(configuration) as client:
        bulk = aio.map_calls(aio.AuthApi(client).delete_access_token, numbers, max_concurrency=4)
        try:
            async for outcome in bulk:
                done.append(outcome)
        except asyncio.CancelledError:  # the Ctrl-C of a program that `asyncio.run` runs
            bulk.stop()
            done.extend([outcome async for outcome in bulk])
    return done


def storm(rounds: int) -> int:
    """Interrupt at random; return the number of rounds in which calls and reported outcomes differ."""
    wrong = 0
    for _ in range(rounds):
        called: list[int] = []

        def call(number: int, called: list[int] = called) -> None:
            called.append(number)
            time.sleep(random.random() / 2000)

        reported: list[int] = []
        bulk = map_calls(call, range(1000), max_concurrency=3)
        try:
            try:
                signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.03))
                for outcome in bulk:
                    reported.append(outcome.item)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        except KeyboardInterrupt:
            bulk.stop()
            reported.extend(outcome.item for outcome in bulk)
        wrong += reported != list(range(len(reported))) or sorted(called) != reported
    wait_until(lambda: len(os.listdir("/proc/self/task")) == 1)
    return wrong


if len(sys.argv) == 1:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    # Python drops an interrupt that comes inside a callback of a weak reference, and would report it.
    sys.unraisablehook = lambda _dropped: None
    print(storm(150))
else:
    kind, host, api_token, numbers = sys.argv[1:]
    arguments = Configuration(host=host, api_key={"Bearer": api_token}), json.loads(numbers)
    outcomes = delete(*arguments) if kind == "blocking" else asyncio.run(delete_in_loop(*arguments))
    assert all(outcome.ok for outcome in outcomes)
    print(json.dumps([outcome.item for outcome in outcomes]))
