"""Iteration over long lists: each entry once, in order, whatever happens to the list, the server and the network."""

from __future__ import annotations

import copy
import pickle
import threading
from itertools import islice
from math import ceil
from typing import Any

import pytest

from elements_sdk import (
    ApiException,
    ApiTypeError,
    ApiValueError,
    Configuration,
    OneTimeAccessToken,
    PagingError,
    ResponseFormatError,
    ServiceException,
)
from test.both_clients import BOTH, auth_of, both_kinds
from test.listing import Collect, ListServer, new_a_page
from test.processes.watching import run
from test.recording import RecordingServer

FORMS = [False, True]
IDS = range(11, 311)


def collected(collect: Collect, server: ListServer, **arguments: Any) -> list[int]:
    ids: list[int] = []
    collect(server.configuration(), ids, **arguments)
    return ids


@pytest.mark.parametrize("is_envelope", FORMS)
@pytest.mark.parametrize("max_limit", [None, 50])
@pytest.mark.parametrize("ordering", ["id", "-id", "expires", None])
@pytest.mark.parametrize("page_size", [7, 100, 300, 1000])
def test_each_entry_comes_once_and_in_order(
    collect: Collect, is_envelope: bool, max_limit: int | None, ordering: str | None, page_size: int
) -> None:
    with ListServer(IDS, is_envelope=is_envelope, max_limit=max_limit) as server:
        ids = collected(collect, server, page_size=page_size, ordering=ordering)
        assert ids == (list(reversed(IDS)) if ordering == "-id" else list(IDS))
        assert server.requests <= ceil(len(IDS) / new_a_page(page_size, max_limit)) + 1


@pytest.mark.parametrize("is_envelope", FORMS)
@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("max_limit", [None, 1])
@pytest.mark.parametrize("page_size", [1, 2, 100])
def test_short_lists_and_short_pages(
    collect: Collect, is_envelope: bool, count: int, max_limit: int | None, page_size: int
) -> None:
    with ListServer(range(count), is_envelope=is_envelope, max_limit=max_limit) as server:
        assert collected(collect, server, page_size=page_size) == list(range(count))
        assert server.requests <= 2 * count + 1


@pytest.mark.parametrize("is_envelope", FORMS)
@pytest.mark.parametrize("ordering", ["id", "-id"])
@pytest.mark.parametrize(
    "changes",
    [
        {2: range(11, 12)},  # the first entry
        {2: range(11, 111)},  # a page, all of it
        {2: [110]},  # the entry that was seen last
        {3: range(105, 115)},  # across the border of two pages
        {2: range(11, 90), 3: range(90, 130), 4: range(130, 200)},
        {3: range(11, 300)},  # nearly everything
        {2: IDS},  # everything
        {number: [number + 10, number + 100] for number in range(2, 30)},  # something before each page
    ],
)
@pytest.mark.parametrize("page_size", [10, 100])
def test_deletions_meanwhile_lose_and_repeat_nothing_that_stays(
    collect: Collect, is_envelope: bool, ordering: str, changes: dict[int, Any], page_size: int
) -> None:
    with ListServer(IDS, is_envelope=is_envelope) as server:

        def delete(number: int) -> None:
            server.ids = [item for item in server.ids if item not in changes.get(number, ())]

        server.before = delete
        ids = collected(collect, server, page_size=page_size, ordering=ordering)
        assert ids == sorted(set(ids), reverse=ordering == "-id")
        assert set(server.ids) <= set(ids) <= set(IDS)
        assert server.requests <= ceil(len(IDS) / page_size) + 1 + 6 * len(changes)


@pytest.mark.parametrize("is_envelope", FORMS)
@pytest.mark.parametrize("ordering", ["id", "-id"])
def test_insertions_meanwhile_lose_and_repeat_nothing(collect: Collect, is_envelope: bool, ordering: str) -> None:
    with ListServer(IDS, is_envelope=is_envelope) as server:
        # New ones come at the end of the numbers, and some that were hidden become visible.
        server.before = lambda number: server.ids.extend([1000 + number, -number]) if number < 20 else None
        ids = collected(collect, server, page_size=20, ordering=ordering)
        assert ids == sorted(set(ids), reverse=ordering == "-id")
        assert set(IDS) <= set(ids)


@pytest.mark.parametrize("is_envelope", FORMS)
@both_kinds
def test_list_that_the_loop_itself_empties(is_envelope: bool) -> None:
    with ListServer(IDS, is_envelope=is_envelope) as server, auth_of(server.configuration()) as auth:
        seen = []
        for token in auth.iter_access_tokens(page_size=20):
            server.ids.remove(token.id)
            seen.append(token.id)
        assert seen == list(IDS)
        assert server.requests <= 2 * (len(IDS) // 20 + 1)


def test_server_that_does_not_order_by_id_still_gives_all(collect: Collect) -> None:
    shuffled = [number * 7 % 301 for number in range(1, 301)]
    with ListServer(shuffled, ignores={"ordering"}) as server:
        assert collected(collect, server, page_size=40) == shuffled


@pytest.mark.parametrize("page_size", [7, 300, 1000])
def test_server_without_paging_gives_its_list_once(collect: Collect, page_size: int) -> None:
    with ListServer(IDS, ignores={"limit", "offset"}) as server:
        assert collected(collect, server, page_size=page_size) == list(IDS)
        assert server.requests <= 3


@pytest.mark.parametrize("is_envelope", FORMS)
@pytest.mark.parametrize("ordering", ["id", "expires"])
def test_server_that_gives_the_same_page_for_ever_is_an_error(
    collect: Collect, is_envelope: bool, ordering: str
) -> None:
    with ListServer(IDS, is_envelope=is_envelope, ignores={"offset"}) as server:
        with pytest.raises(PagingError, match="the server gives the same page at offset") as caught:
            collected(collect, server, page_size=50, ordering=ordering)
        assert isinstance(caught.value.cause, ResponseFormatError)
        assert caught.value.hint == "ask who runs the server, or a cache before it"
        assert server.requests < 10


def test_envelope_without_entries_is_the_end_whatever_next_says(collect: Collect, recorder: RecordingServer) -> None:
    recorder.answers('{"count": 5, "next": "http://192.0.2.1/", "previous": null, "results": []}')
    with ListServer([]) as server:
        configuration = server.configuration()
        configuration.host = recorder.host
        ids: list[int] = []
        collect(configuration, ids)
    assert (ids, len(recorder.requests)) == ([], 1)


@pytest.mark.parametrize("is_envelope", FORMS)
def test_iteration_that_broke_off_goes_on_from_its_resume_offset(collect: Collect, is_envelope: bool) -> None:
    with ListServer(IDS, is_envelope=is_envelope) as server:
        server.fails_at = {4}
        ids: list[int] = []
        with pytest.raises(PagingError) as caught:
            collect(server.configuration(), ids, page_size=50)
        assert (len(ids), caught.value.resume_offset) == (150, 150)
        collect(server.configuration(), ids, page_size=50, offset=caught.value.resume_offset)
        assert ids == list(IDS)


def test_iteration_that_broke_off_while_it_went_back_resumes_without_loss(collect: Collect) -> None:
    with ListServer(IDS) as server:
        server.before = lambda number: server.ids.__delitem__(slice(0, 5)) if number == 4 else None
        server.fails_at = {5}
        ids: list[int] = []
        with pytest.raises(PagingError) as caught:
            collect(server.configuration(), ids, page_size=50)
        collect(server.configuration(), ids, page_size=50, offset=caught.value.resume_offset)
        assert set(ids) == set(IDS)


@both_kinds
def test_paging_error_tells_what_its_cause_tells() -> None:
    with ListServer(IDS) as server, auth_of(server.configuration()) as auth:
        server.fails_at = {1}
        with pytest.raises(PagingError) as caught:
            next(auth.iter_access_tokens(offset=20))
        error = caught.value
        assert (error.status, error.detail, error.resume_offset) == (500, "The database is away.", 20)
        assert (error.method, error.path, error.request_sent) == ("GET", "/api/2/auth/access-tokens", "yes")
        assert isinstance(error.cause, ServiceException)
        assert error.cause.__traceback__ is None
        assert error.__context__ is None
        assert "database is away" in str(error)
        assert error.hint == ServiceException.hint
        assert str(error.hint) in str(error)
        assert "offset 20" in str(error)
        for clone in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
            assert (clone.resume_offset, clone.status, str(clone)) == (20, 500, str(error))
            assert isinstance(clone.cause, ServiceException)
            assert (clone.body, clone.cause.body) == (None, None)


@both_kinds
def test_same_pager_goes_on_after_an_error_and_after_a_loop_that_was_left() -> None:
    with ListServer(IDS) as server, auth_of(server.configuration()) as auth:
        server.fails_at = {3}
        pager = auth.iter_access_tokens(page_size=50)
        ids = [token.id for token in islice(pager, 60)]
        with pytest.raises(PagingError):
            ids.extend(token.id for token in pager)
        server.ids = server.ids[80:]  # what it has seen is gone, and it still knows its position
        ids.extend(token.id for page in pager.pages() for token in page)
        assert ids == list(IDS)
        assert list(pager) == []


@both_kinds
def test_pages_have_at_most_page_size_entries_and_none_is_empty() -> None:
    with ListServer(IDS) as server, auth_of(server.configuration()) as auth:
        server.before = lambda number: server.ids.__delitem__(slice(0, 3))
        pages = list(auth.iter_access_tokens(page_size=40).pages())
        assert all(1 <= len(page) <= 40 for page in pages)
        assert isinstance(pages[0][0], OneTimeAccessToken)


@both_kinds
def test_nothing_is_sent_before_the_first_entry_is_asked_for_and_nothing_left_when_the_loop_is_left() -> None:
    with ListServer(IDS) as server, auth_of(server.configuration()) as auth:
        threads = threading.active_count()
        pager = auth.iter_access_tokens(page_size=50, user=7, created_by="8")
        assert server.requests == 0
        for _ in pager:
            break
        assert server.requests == 1
        assert server.last_query == "user=7&created_by=8&ordering=id&limit=50&offset=0"
        assert threading.active_count() <= threads + 1  # the server's own


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"page_size": 0}, ApiValueError, "page_size must be a whole number"),
        ({"page_size": None}, ApiValueError, "page_size must be a whole number"),
        ({"page_size": True}, ApiValueError, "page_size must be a whole number"),
        ({"offset": -1}, ApiValueError, "offset must be a whole number"),
        ({"offset": 2.0}, ApiValueError, "offset must be a whole number"),
        ({"ordering": 3}, ApiTypeError, "ordering must be the name of a property"),
        ({"user": "\ud800"}, ApiValueError, "a lone surrogate"),
        ({"limit": 5}, ApiTypeError, "page_size says how many"),
        ({"async_req": True}, ApiTypeError, "takes no argument 'async_req'"),
    ],
)
@both_kinds
def test_wrong_argument_is_refused_at_the_call(arguments: Any, error: type[ApiException], message: str) -> None:
    with auth_of(Configuration()) as auth, pytest.raises(error, match=message):
        auth.iter_access_tokens(**arguments)


@both_kinds
def test_strict_responses_are_compared_page_by_page() -> None:
    with ListServer(IDS) as server:
        configuration = server.configuration()
        configuration.strict_responses = True
        with auth_of(configuration) as auth, pytest.raises(PagingError, match=r"\[0\].user is missing"):
            next(auth.iter_access_tokens())


@both_kinds
def test_iteration_is_bounded_by_the_timeout_of_each_page() -> None:
    with ListServer(IDS) as server, auth_of(server.configuration()) as auth:
        assert len(list(auth.iter_access_tokens(page_size=50, _request_timeout=30))) == len(IDS)


@pytest.mark.parametrize("entries", [40_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", BOTH)
@pytest.mark.timeout(600)
def test_memory_does_not_grow_with_the_list(name: str, entries: int) -> None:
    seen, growth = map(int, run("long_walk", name, str(entries), within=500).split())
    assert seen == entries
    assert growth < 10 * 2**20


# The sandbox
