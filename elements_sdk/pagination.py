"""Pages through a long list, in constant memory.

An offset alone loses entries: when one that was seen is deleted, all that follow move up, and the next page begins too
late. So each page but the first begins with the last entry of the page before. If that is not there, the cursor goes
back until it meets what it has seen. This needs entries in the order of their ids.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Generic, TypeVar

from elements_sdk._client.base import BaseClient
from elements_sdk._operations.operation import NOTHING, Operation, Paging, read_options
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk._utils.sync import run
from elements_sdk._utils.text import closest
from elements_sdk.exceptions import ApiException, ApiTypeError, ApiValueError, PagingError, ResponseFormatError

T = TypeVar("T")

_DIRECTIONS = {"id": 1, "-id": -1}
_MOST_SAME_PAGES = 5  # of the same page in a row
_MOST_EMPTY_PAGES = 1000  # in a row without anything new; a list that is in order never has so many


class BasePager(Generic[T]):
    """The common part of both kinds of Pager: a cursor, and the entries of its page that were not returned yet."""

    def __init__(self, client: BaseClient, cursor: Cursor[T]) -> None:
        """
        :raises ApiValueError: a filter is not valid.
        """
        checks = getattr(client, "client_side_validation", True)  # a mock has none
        cursor.operation.request(cursor.arguments() or NOTHING, checks)
        self._client = client
        self._cursor = cursor
        self._rest = deque[T]()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._cursor.operation.name!r}, {self._client!r})"

    async def _fetch_new(self) -> list[T]:
        """Fetch pages until one has something new, and return that; at the end, an empty list."""
        cursor = self._cursor
        options = read_options(cursor.operation, cursor.options, data_only=True)
        while (arguments := cursor.arguments()) is not None:
            with Translated(ApiException, cursor.interrupted_by):
                new = cursor.feed(await BaseClient.execute(self._client, cursor.operation, arguments, options))
            if new:
                return new
        return []

    def _take_rest(self) -> list[T]:
        rest, self._rest = list(self._rest), deque()
        return rest


class Pager(BasePager[T], Iterator[T]):
    """The iterator that `iter_...` returns: once over a whole list, whose next page is fetched when it is needed.

    After a `PagingError`, or a loop that was left, another loop goes on where this one stopped. A pager is for one
    thread.
    """

    def __next__(self) -> T:
        if not self._rest:
            self._rest.extend(run(self._fetch_new()))
        if not self._rest:
            raise StopIteration
        return self._rest.popleft()

    def pages(self) -> Iterator[list[T]]:
        """Go on page by page: lists of at most `page_size` entries, none empty.

        :raises PagingError: a call failed.
        """
        while page := self._take_rest() or run(self._fetch_new()):
            yield page


class Cursor(Generic[T]):
    """A position in a list, without any I/O: what to ask for next, and what of a response is new.

    :ivar operation: the call to make with `arguments()` and `options`, for `feed`.
    """

    def __init__(
        self,
        operation: Operation,
        filters: Opaque[Mapping[str, Any]],
        page_size: int,
        offset: int,
        ordering: str | None,
        options: Mapping[str, Any],
    ) -> None:
        """
        :raises ApiValueError: a page size or offset is not valid.
        :raises ApiTypeError: there is an unknown keyword, or the ordering is not text.
        """
        if operation.paging is None:
            raise ApiValueError(f"{operation.name} does not give its list in pages")
        self._paging = operation.paging
        _check_options(self._paging, reveal(filters), options)
        if ordering is not None and not isinstance(ordering, str):
            raise ApiTypeError(f"ordering must be the name of a property, not {type(ordering).__name__}")
        self.operation = operation._replace(result=f"{operation.result}".replace("list[", "page[", 1))
        self.options = options
        self._filters = Opaque({**reveal(filters), self._paging.ordering: ordering})
        self._size = _whole_number("page_size", page_size, 1, "entries a page")
        self._position = _whole_number("offset", offset, 0, "entries to pass over")  # of what comes next
        self._direction = _DIRECTIONS.get(ordering or "", 0)  # 0: nothing is known of the order
        self._last: int | None = None  # sort key of the last entry that was returned
        self._overlap = 0  # entries that are asked for again, to see whether the list has moved
        self._begin: tuple[int, Any] = (-1, None)  # offset and first entry of the page before
        self._count = 0  # entries returned so far
        self._same_pages = 0  # pages in a row that begin as the page before
        self._longest = 0  # entries of the longest page
        self._back = 0  # entries to go back by, while what was seen last is not found
        self._empty_pages = 0  # pages without anything new
        self._is_done = False

    def __repr__(self) -> str:
        return type(self).__name__  # error reporters walk what has no repr of its own

    def arguments(self) -> Opaque[dict[str, Any]] | None:
        """Return the arguments of the next call; `None`: the list is at its end."""
        if self._is_done:
            return None
        page = {self._paging.limit: self._size + self._overlap, self._paging.offset: self._offset}
        return Opaque({**reveal(self._filters), **page})

    def feed(self, page: list[Any]) -> list[T]:
        """Return what is new on a page; that may be nothing, though the list goes on.

        :raises ResponseFormatError: there is no progress: the server sends the same again and again.
        """
        entries, is_last, offset, asked = page, getattr(page, "is_last", None), self._offset, self._size + self._overlap
        plain = getattr(page, "plain", None) or entries
        sort_keys = self._sort_keys(plain)
        first = _id_of(plain[0], plain[0]) if plain else None
        self._longest = max(self._longest, len(entries))
        is_again = bool(entries) and offset > self._begin[0] >= 0 and first == self._begin[1]
        if self._has_moved(sort_keys):
            self._go_back()
            return []
        new = entries[
            self._overlap if sort_keys is None or self._last is None else bisect_right(sort_keys, self._last) :
        ]
        if is_again and sort_keys is None:
            new = []
        self._count += len(new)
        # Some pages may come again, where as many other entries have been put before theirs meanwhile.
        self._same_pages = self._same_pages + 1 if is_again and not new else 0
        if self._same_pages == _MOST_SAME_PAGES:
            self._same_pages = 0
            raise self._error(f"the server gives the same page at offset {self._begin[0]} and at {offset}")
        # A server without pages sends more than was asked for, or a short list, and that again and again.
        is_whole = self._same_pages > 1 and self._count <= len(entries) < asked and is_last is not False
        ignores_paging = is_whole or len(entries) > asked
        is_overlap_only = not new and len(entries) <= self._overlap and self._longest > 1
        self._is_done = ignores_paging or is_last is True or not entries or is_overlap_only
        self._begin = (offset, first)
        self._position = offset + len(entries)
        self._go_on(sort_keys, asked, bool(new))
        return new

    def interrupted_by(self, cause: ApiException) -> PagingError:
        """Make the exception that says where paging through the list broke off, and why."""
        error = PagingError(cause.status, cause.reason)
        vars(error).update(vars(cause))
        error.cause, error.hint = without_frames(cause), cause.hint
        error.resume_offset = self._offset if self._back else self._position
        self._empty_pages = 0
        return error

    @property
    def _offset(self) -> int:
        return self._position - self._overlap

    def _sort_keys(self, entries: list[Any]) -> list[int] | None:
        """Return where entries stand in the order by id; `None`, from then on, if they are not in that order."""
        ids = [_id_of(entry) for entry in entries] if self._direction else [None]
        sort_keys = [self._direction * number for number in ids if type(number) is int]
        if len(sort_keys) == len(ids) and all(before < after for before, after in pairwise(sort_keys)):
            return sort_keys
        self._direction = 0
        return None

    def _has_moved(self, sort_keys: list[int] | None) -> bool:
        """Return whether a page begins behind the entry it was to begin with, so that there may be others between."""
        if sort_keys is None or self._last is None or not self._overlap:
            return False
        return not sort_keys or sort_keys[0] > self._last

    def _go_back(self) -> None:
        """Go back by a page, and by twice as much each time that this is not enough."""
        self._count_empty_page()
        self._back = 2 * self._back or max(1, self._longest - 1)
        target = max(0, self._offset - self._back)
        self._overlap = 1 if target else 0
        self._position = target + self._overlap
        self._begin = (-1, None)

    def _go_on(self, sort_keys: list[int] | None, asked: int, has_new: bool) -> None:
        self._back = 0
        if has_new:
            self._empty_pages = 0
            self._last = sort_keys[-1] if sort_keys else None
        elif not self._is_done:
            self._count_empty_page()
        gives_one_at_a_time = self._longest == 1 < asked
        self._overlap = 1 if self._direction and self._last is not None and not gives_one_at_a_time else 0

    def _count_empty_page(self) -> None:
        self._empty_pages += 1
        if self._empty_pages > _MOST_EMPTY_PAGES:
            raise self._error(f"the server gave nothing new in {_MOST_EMPTY_PAGES} pages, and no end of the list")

    def _error(self, reason: str) -> ResponseFormatError:
        error = ResponseFormatError(200, reason, method=self.operation.method, path=self.operation.path)
        error.hint = "ask who runs the server, or a cache before it"
        return error


def _id_of(entry: Any, default: Any = None) -> Any:
    number = entry.get("id") if isinstance(entry, dict) else getattr(entry, "id", None)
    return default if number is None else number


def _whole_number(name: str, value: Any, least: int, meaning: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ApiValueError(f"{name} must be a whole number ({meaning}) from {least}")
    return value


def _check_options(paging: Paging, filters: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    wrong = next((option for option in options if option != "_request_timeout"), None)
    if wrong is None:
        return
    if isinstance(options, dict):
        options.clear()  # as in `read_options`
    text = f"{paging.iterator} takes no argument {wrong!r}"
    meant = closest(wrong, [paging.limit, "page_size", "offset", "ordering", *filters])
    if meant == paging.limit:
        raise ApiTypeError(f"{text}: page_size says how many entries a page has")
    text += f"; did you mean {meant!r}?" if meant else ""
    raise ApiTypeError(f"{text}; of the keywords of calls only _request_timeout")
