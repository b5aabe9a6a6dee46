"""Many tasks that are cancelled at random moments, a bad network and a real server."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from elements_sdk import ApiException, SessionExpired
from elements_sdk.aio import ApiClient, AuthApi, Session
from elements_sdk.sandbox import Sandbox
from test.faults.proxy import FaultProxy, Faults
from test.processes.storm import ONE_CALL_IN_TWENTY
from test.processes.watching import nothing_left

_POOL_SIZE = 16  # connections
_AT_ONCE = 32


class CancellationStorm:
    """Calls of many tasks, all cancelled: one of five sends an e-mail, which is not safe to retry.

    :ivar ends: how many calls ended in which way.
    :ivar complaints: the errors that the event loop has reported.
    :ivar unsafe: the e-mails that were asked for.
    :ivar faults: how many connections the network has broken.
    """

    def __init__(self, sandbox: Sandbox, tasks: int) -> None:
        self.ends: Counter[str] = Counter()
        self.complaints: list[dict[str, Any]] = []
        self.unsafe = 0
        self._dice = random.Random(7)
        self._sandbox = sandbox
        address = urlsplit(sandbox.host)
        with FaultProxy(f"{address.hostname}", int(f"{address.port}")) as proxy, nothing_left():
            asyncio.run(self._run(proxy, tasks))
            gc.collect()  # what was not closed warns now
            self.faults = proxy.faults_made

    def sent_twice(self) -> list[str]:
        """Return the addresses of e-mails that went out more than once."""
        sent = Counter(email.to[0] for email in self._sandbox.outbox)
        return [address for address, count in sent.items() if count > 1 and address.startswith("cancelled-")]

    async def _run(self, proxy: FaultProxy, tasks: int) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: self.complaints.append(context))
        configuration = self._sandbox.configuration(self._sandbox.admin)
        configuration.host, configuration.connection_pool_maxsize = proxy.host, _POOL_SIZE
        async with ApiClient(configuration) as client:
            self._auth = AuthApi(client)
            self._numbers = [token.id for token in await self._auth.get_all_access_tokens()]
            started = time.monotonic()
            await asyncio.gather(*(self._auth.get_access_token(self._numbers[0]) for _ in range(_AT_ONCE)))
            self._latest = time.monotonic() - started  # so that half are cancelled, however fast the machine is
            proxy.faults = ONE_CALL_IN_TWENTY
            for start in range(0, tasks, _AT_ONCE):
                numbers = range(start, min(start + _AT_ONCE, tasks))
                ends = await asyncio.gather(*map(self._cancelled, numbers), return_exceptions=True)
                self.ends.update("done" if end is None else type(end).__name__ for end in ends if not _is_ours(end))
                self.ends["failed"] += sum(map(_is_ours, ends))
            proxy.faults = Faults()
            await self._check_pool_is_free()

    async def _cancelled(self, number: int) -> None:
        task = asyncio.create_task(self._call(number))
        asyncio.get_running_loop().call_later(self._dice.uniform(0, self._latest), task.cancel)
        await task

    async def _call(self, number: int) -> None:
        token = self._numbers[number % len(self._numbers)]
        if number % 5:
            assert (await self._auth.get_access_token(token)).id == token
            return
        self.unsafe += 1
        own = f"cancelled-{number}@example.com"
        await self._auth.send_access_token_email_notification(token, {"email": own})

    async def _check_pool_is_free(self) -> None:
        """Make as many calls at once as the pool has connections; none is left taken by a cancelled call."""
        calls = (self._auth.get_access_token(number, _request_timeout=20) for number in self._numbers[:_POOL_SIZE])
        raws = await asyncio.gather(*(self._auth.create_auth_ticket(_request_timeout=20) for _ in range(_POOL_SIZE)))
        assert all(ticket.ticket for ticket in raws)
        assert [token.id for token in await asyncio.gather(*calls)] == self._numbers[:_POOL_SIZE]


def _is_ours(end: object) -> bool:
    return isinstance(end, ApiException)


async def cancel_in_a_session(sandbox: Sandbox, rounds: int, seed: int = 3) -> int:
    """Cancel an impersonation, and the calls beside it, at random moments; every third time the session has ended.

    :returns: how many impersonations had begun when they were cancelled.
    """
    dice, begun = random.Random(seed), 0
    account = sandbox.admin
    async with Session(sandbox.configuration(), account.username, account.password) as session:

        async def impersonate() -> None:
            nonlocal begun
            async with session.impersonate(sandbox.user.id):
                begun += 1
                await session.auth.generate_password()

        for number in range(rounds):
            if number % 3 == 2:
                sandbox.end_sessions()
            tasks = [asyncio.create_task(impersonate())]
            tasks += [asyncio.create_task(_ask(session)) for _ in range(3)]
            for task in tasks:
                asyncio.get_running_loop().call_later(dice.uniform(0, 0.12), task.cancel)
                if number % 2:  # a second time, into what the first has started
                    asyncio.get_running_loop().call_later(dice.uniform(0.12, 0.16), task.cancel)
            for end in await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20):
                assert end is None or isinstance(end, asyncio.CancelledError | SessionExpired), repr(end)
            async with asyncio.timeout(20):
                ticket = await session.auth.create_auth_ticket()
                assert (await session.auth.check_auth_ticket(ticket)).username == "admin"
    return begun


async def _ask(session: Session) -> None:
    await session.auth.create_auth_ticket()
