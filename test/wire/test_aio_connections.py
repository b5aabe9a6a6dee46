"""Kept connections of the asyncio client: each is looked at before it is used again."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from elements_sdk.aio import AuthApi
from test.faults import behaviours as does
from test.faults.server import Behaviour, Conversation, FaultServer
from test.tls import TRUSTED
from test.wire.test_aio import client_of

POSTS = 300
TICKET = b'{"ticket": "t"}'


class OneAnswerEach:
    """Answers one request on each connection and closes it, without having said so.

    :ivar closed: the connections that are closed.
    """

    def __init__(self) -> None:
        self.closed = 0

    def __call__(self, conversation: Conversation) -> None:
        """Answer a request, if one comes, and close."""
        if conversation.read_request() is not None:
            conversation.send(does.message(200, TICKET))
        conversation.close()
        self.closed += 1


async def post_after_each_end(host: str, behaviour: OneAnswerEach, **settings: Any) -> None:
    """Make many POSTs, each in the turn of the loop in which the connection of the one before has ended."""
    async with client_of(host, retries=0, connection_pool_maxsize=1, **settings) as client:
        for number in range(1, POSTS + 1):
            assert (await AuthApi(client).create_auth_ticket()).ticket == "t"
            while behaviour.closed < number:
                time.sleep(0.0001)  # the loop is busy: it is not told that the connection has ended


@pytest.mark.parametrize("way", ["direct", "by TLS", "through a proxy"])
def test_connection_that_ended_while_the_loop_was_busy_is_not_used_again(way: str) -> None:
    behaviour = OneAnswerEach()
    tls = TRUSTED.context_for("localhost") if way == "by TLS" else None
    with FaultServer(behaviour, tls=tls) as server:
        settings: dict[str, Any] = {"ssl_ca_data": TRUSTED.ca_pem}
        host = server.host
        if way == "through a proxy":
            settings, host = {"proxy": server.host}, "http://127.0.0.1:9"
        asyncio.run(post_after_each_end(host, behaviour, **settings))
        assert server.count("POST") == POSTS
        assert server.connections == POSTS


def test_answer_that_nobody_asked_for_is_not_taken_for_that_of_the_next_call() -> None:
    def answer_twice(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(does.message(200, TICKET))
        conversation.pause(0.1)
        conversation.send(does.message(200, b'{"ticket": "of somebody else"}'))
        conversation.listen()

    async def tickets(host: str, is_busy: bool) -> list[str]:
        async with client_of(host, retries=0) as client:
            first = await AuthApi(client).create_auth_ticket()
            time.sleep(0.3) if is_busy else await asyncio.sleep(0.3)
            return [f"{first.ticket}", f"{(await AuthApi(client).create_auth_ticket()).ticket}"]

    for is_busy in (True, False):
        with FaultServer(answer_twice, does.answer(200, TICKET)) as server:
            assert asyncio.run(tickets(server.host, is_busy)) == ["t", "t"]
            assert server.connections == 2


@pytest.mark.parametrize("is_tls", [False, True])
def test_connection_that_has_nothing_to_read_is_used_again(is_tls: bool) -> None:
    async def call(host: str) -> None:
        async with client_of(host, ssl_ca_data=TRUSTED.ca_pem) as client:
            for _ in range(20):
                await AuthApi(client).create_auth_ticket()

    behaviour: Behaviour = does.answer(200, TICKET)
    with FaultServer(behaviour, tls=TRUSTED.context_for("localhost") if is_tls else None) as server:
        asyncio.run(call(server.host))
        assert server.connections <= 1 + is_tls  # unread tickets of a TLS session look like an end, once
