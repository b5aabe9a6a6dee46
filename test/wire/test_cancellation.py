"""Cancelled calls: nothing is left of them, nothing is done twice, and the client and the session go on."""

from __future__ import annotations

import asyncio
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from elements_sdk import Configuration
from elements_sdk.aio import ApiClient, AuthApi
from test.faults import behaviours as does
from test.faults.backlog import filled_backlog
from test.faults.server import Behaviour, Conversation, FaultServer
from test.processes.watching import nothing_left

MOMENTS: dict[str, Callable[[], Behaviour]] = {
    "waiting for the answer": does.silence,
    "within the headers": lambda: does.slow_headers(0.02),
    "within the body": lambda: does.dripping_body(0.02),
    "nobody reads": does.deaf,
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_call_cancelled_at_this_moment_is_sent_once_and_frees_its_connection(moment: str, method: str) -> None:
    async def cancel_and_go_on(host: str) -> None:
        configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
        configuration.connection_pool_maxsize = 1
        async with ApiClient(configuration) as client:
            task = asyncio.create_task(client.call_api("/x", method, response_type="object"))
            await asyncio.sleep(0.15)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await client.call_api("/x", method, response_type="object", _return_http_data_only=True) == {}

    with nothing_left(), FaultServer(MOMENTS[moment](), does.answer()) as server:
        asyncio.run(cancel_and_go_on(server.host))
        assert server.connections == 2
        assert server.count() == (1 if moment == "nobody reads" else 2)


def test_call_cancelled_while_it_connects_or_waits_for_a_connection_has_sent_nothing() -> None:
    async def cancel(host: str) -> None:
        configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
        configuration.connection_pool_maxsize = 1
        async with ApiClient(configuration) as client:
            tasks = [asyncio.create_task(AuthApi(client).create_auth_ticket()) for _ in range(3)]
            await asyncio.sleep(0.1)
            for task in reversed(tasks):
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(end) for end in ends] == [asyncio.CancelledError] * 3

    with nothing_left(), FaultServer(does.silence()) as server:
        asyncio.run(cancel(server.host))
        assert server.count() == 1
    with nothing_left(), filled_backlog() as (host, port):
        asyncio.run(cancel(f"http://{host}:{port}"))


def test_cancelled_download_leaves_no_file(tmp_path: Path) -> None:
    async def download(host: str) -> None:
        configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
        configuration.temp_folder_path = str(tmp_path)
        async with ApiClient(configuration) as client:
            task = asyncio.create_task(client.call_api("/x", "GET", response_type="file"))
            await asyncio.sleep(0.2)
            assert list(tmp_path.iterdir())
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert list(tmp_path.iterdir()) == []

    with nothing_left(), FaultServer(does.dripping_body(0.02, 1000)) as server:
        asyncio.run(download(server.host))


def test_wait_between_attempts_can_be_cancelled() -> None:
    async def wait(host: str) -> None:
        async with ApiClient(Configuration(host=host, api_key={"Bearer": "KEY"})) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await AuthApi(client).create_auth_ticket()

    with nothing_left(), FaultServer(does.answer(429, headers=[("Retry-After", "5")])) as server:
        asyncio.run(wait(server.host))
        assert server.count() == 1


SECRETS = {where: f"mark3r-{where}-9f2c" for where in ("key", "header", "query", "body", "cookie", "answer")}


def strings_in(value: object, depth: int = 0) -> Iterator[str]:
    """Yield what an error reporter makes of a local: it walks through mappings and sequences, and asks others."""
    if depth < 5 and isinstance(value, Mapping):
        for name, item in value.items():
            yield from (str(name), *strings_in(item, depth + 1))
    elif depth < 5 and isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from strings_in(item, depth + 1)
    else:
        yield repr(value)


def check_frames(error: BaseException) -> list[str]:
    """Check all frames that an exception and its contexts lead to; return the names of this package's functions."""
    names: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        item = waiting.pop()
        if item is None:
            continue
        waiting += [item.__cause__, item.__context__]
        for frame, _line in traceback.walk_tb(item.__traceback__):
            module = f"{frame.f_globals.get('__name__')}"
            assert module.split(".")[0] not in ("aiohttp", "urllib3", "yarl"), module
            if module.startswith("elements_sdk."):
                names.append(frame.f_code.co_name)
                for name, value in frame.f_locals.items():
                    shown = "".join(strings_in(value))
                    assert not any(secret in shown for secret in SECRETS.values()), (module, names[-1], name)
    return names


def begins_with_a_cookie(conversation: Conversation) -> None:
    conversation.read_request()
    cookie = f"Set-Cookie: sessionid={SECRETS['cookie']}"
    conversation.send(f"HTTP/1.1 200 OK\r\n{cookie}\r\nContent-Length: 100\r\n\r\n{SECRETS['answer']}".encode())
    conversation.pause()


async def secret_call(host: str, size: int = 1) -> None:
    configuration = Configuration(host=host, api_key={"Bearer": SECRETS["key"]})
    async with ApiClient(configuration) as client:
        await client.call_api(
            "/x",
            "POST",
            query_params={"q": SECRETS["query"]},
            header_params={"X-Own": SECRETS["header"], "Content-Type": "text/plain"},
            body=SECRETS["body"] * size,
        )


@pytest.mark.parametrize("is_ctrl_c", [False, True])
@pytest.mark.parametrize("moment", [*MOMENTS, "sending", "after the headers"])
def test_cancelled_or_interrupted_call_shows_no_frame_of_aiohttp_and_no_secret(moment: str, is_ctrl_c: bool) -> None:
    async def interrupt(host: str) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        loop.call_later(0.3, lambda: signal.raise_signal(signal.SIGINT) if is_ctrl_c else task.cancel())
        try:
            raise LookupError("handled by the caller")
        except LookupError:
            await secret_call(host, 2_000_000 if moment == "sending" else 1)

    behaviours: dict[str, Callable[[], Behaviour]] = {
        **MOMENTS,
        "sending": does.deaf,
        "after the headers": lambda: begins_with_a_cookie,
    }
    kind = KeyboardInterrupt if is_ctrl_c else asyncio.CancelledError
    with FaultServer(behaviours[moment]()) as server, pytest.raises(kind) as caught:
        asyncio.run(interrupt(server.host))
    assert "call_api" in check_frames(caught.value)
    cancelled = caught.value.__context__ if is_ctrl_c else caught.value
    assert cancelled is not None
    assert isinstance(cancelled.__context__, LookupError)
