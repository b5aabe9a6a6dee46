"""ApiClient: makes calls, and raises or returns what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from elements_sdk._client.base import BaseClient, checked_configuration
from elements_sdk._client.given import GivenTransport
from elements_sdk._http.messages import Request
from elements_sdk._http.timeouts import Seconds
from elements_sdk._operations.by_call_api import own_call_api
from elements_sdk._operations.operation import DATA_ONLY, Operation, RequestOptions, read_options
from elements_sdk._transport.urllib3 import Transport
from elements_sdk._utils.fork import abandon_in_child
from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk._utils.sync import run, settled
from elements_sdk.exceptions import ApiValueError

if TYPE_CHECKING:
    from multiprocessing.pool import ThreadPool
    from types import TracebackType
    from typing import Unpack

    from elements_sdk._operations.endpoint import IterateOptions, Returns, SendOptions
    from elements_sdk._serialization.forms import Parameters
    from elements_sdk.configuration import Configuration
    from elements_sdk.pagination import Pager
    from elements_sdk.transport import Transport as ApiTransport

T = TypeVar("T")


class ApiClient(BaseClient):
    """A client of one server. One may serve many threads; close it, or use it in a `with` statement.

    With an API key in the configuration the documented calls carry it, and cookies are neither kept nor sent. Without
    one the client has the identity of its session, from `login` on.

    :ivar pool_threads: how many calls with `async_req=True` run at a time.
    """

    rest_client: Transport | GivenTransport

    def __init__(
        self,
        configuration: Configuration | None = None,
        header_name: str | None = None,
        header_value: str | None = None,
        cookie: str | None = None,
        pool_threads: int = 1,
        *,
        transport: ApiTransport | None = None,
    ) -> None:
        """Without a configuration, a copy of the default one is used. `header_name` is sent with every call.

        :param transport: what sends in place of the network; copies of the client share it.
        """
        if isinstance(pool_threads, bool) or not isinstance(pool_threads, int) or pool_threads < 1:
            raise ApiValueError("pool_threads must be a whole number from 1")
        given = checked_configuration(type(self), configuration)
        sends = Transport(given) if transport is None else GivenTransport(transport, given)
        super().__init__(sends, given, header_name, header_value, cookie)
        self.pool_threads = pool_threads
        self._pool: ThreadPool | None = None

    def own_settings(self) -> dict[str, Any]:
        """Return the constructor arguments that only this kind of client takes."""
        return {**super().own_settings(), "pool_threads": self.pool_threads}

    def renew_after_fork(self) -> None:
        """Start without threads in a new process."""
        super().renew_after_fork()
        abandon_in_child(self._pool)
        self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close(waits=kind is None or issubclass(kind, Exception))  # not after Ctrl-C

    def close(self) -> None:
        """Wait for the calls with `async_req=True`, end their threads, and close the connections.

        After that, calls raise `ApiValueError`.
        """
        self._close(waits=True)

    def _close(self, waits: bool) -> None:
        with self._lock:
            self._is_closed = True
            if self.last_response is not None:
                self.last_response.raw = None  # it would hold on to its connection
            pool, self._pool = self._pool, None
        if pool is not None and waits:
            pool.close()
            pool.join()
        elif pool is not None:
            pool.terminate()
        run(settled(self.rest_client.close()))

    @property
    def pool(self) -> ThreadPool:
        """The threads of calls with `async_req=True`, made when the first such call is.

        :raises ApiValueError: the client is closed.
        """
        from multiprocessing.pool import ThreadPool

        with self._lock:
            self._check_open()
            if self._pool is None:
                self._pool = ThreadPool(self.pool_threads)
            return self._pool

    def call(
        self, operation: Operation, arguments: Opaque[Mapping[str, Any]], options: Mapping[str, Any] | None = None
    ) -> Any:
        """Make a documented call and return its data.

        :param arguments: the call's own arguments, by name.
        :param options: the keywords that every call takes.
        """
        read = read_options(operation, options, data_only=True) if options else DATA_ONLY
        return BaseClient._call(self, operation, arguments, read)

    def call_with_http_info(
        self, operation: Operation, arguments: Opaque[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> Any:
        """Make a documented call and return an `ApiResponse`."""
        return BaseClient._call(self, operation, arguments, read_options(operation, options))

    @overload
    def send(self, method: str, path: str, *, returns: None = None, **options: Unpack[SendOptions]) -> None: ...
    @overload
    def send(self, method: str, path: str, *, returns: Returns[T], **options: Unpack[SendOptions]) -> T: ...
    @overload
    def send(self, method: str, path: str, *, returns: str, **options: Unpack[SendOptions]) -> object: ...
    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        returns: Any = None,
        _request_timeout: Seconds | None = None,
    ) -> Any:
        """Call an endpoint that has no method here, as the documented calls are made: credentials, retries, limits.

        A method that changes something is retried only where nothing can have happened. As every call, it goes by way
        of an overridden `call_api`.

        :param path: path below the host: `/api/2/workspaces/7`.
        :param query: names and values; a list repeats the name, `None` leaves it out.
        :param json: the body: a model, a dict, or other plain values.
        :param returns: what the answer is made into: a model, `list[Ticket]`, a dataclass, a `TypedDict`, a pydantic
            model, `dict`, a function that takes a dict; or a name, `"list[Ticket]"`. Without it, nothing is read.
        :param _request_timeout: as in `CallOptions`.
        :raises ApiException: the call failed, or the answer is something else than `returns`.
        """
        from elements_sdk._operations.endpoint import endpoint  # loaded late, too

        given = Opaque((query, json))
        query = json = None  # no traceback shows them
        operation, arguments = endpoint(method, path, given, returns)
        return ApiClient.call(self, operation, arguments, {"_request_timeout": _request_timeout})

    @overload
    def iterate(self, path: str, **options: Unpack[IterateOptions]) -> Pager[dict[str, Any]]: ...
    @overload
    def iterate(self, path: str, *, returns: Returns[T], **options: Unpack[IterateOptions]) -> Pager[T]: ...
    def iterate(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        order: str | None = "id",
        page_size: int = 100,
        offset: int = 0,
        returns: Any = dict,
        _request_timeout: Seconds | None = None,
    ) -> Pager[Any]:
        """Iterate over a list that has no method here, page by page, as `AuthApi.iter_access_tokens` does.

        :param query: filters, as in `send`.
        :param order: what goes into `ordering`; by `"id"` or `"-id"`, a changing list makes it lose and repeat nothing.
        :param page_size: entries to ask for at a time, from 1; the server may return fewer.
        :param offset: entries to skip before the first one returned; `PagingError.resume_offset` to go on.
        :param returns: what an entry is made into, as in `send`.
        :raises PagingError: a call failed; raised while iterating.
        """
        from elements_sdk._operations.endpoint import listing
        from elements_sdk.pagination import Cursor, Pager  # loaded late: most programs read no list

        given = Opaque(query)
        query = None  # no traceback shows it
        operation, filters = listing(path, given, returns)
        options = {"_request_timeout": _request_timeout}
        return Pager(self, Cursor(operation, filters, page_size, offset, order, options))

    @own_call_api
    def call_api(
        self,
        resource_path: str,
        method: str,
        path_params: Mapping[str, Any] | None = None,
        query_params: Parameters | None = None,
        header_params: Mapping[str, Any] | None = None,
        body: Any = None,
        post_params: Parameters | None = None,
        files: Mapping[str, Any] | None = None,
        response_type: str | type | None = None,
        auth_settings: Sequence[str] | None = None,
        async_req: bool | None = None,
        _return_http_data_only: bool | None = None,
        collection_formats: Mapping[str, str] | None = None,
        _preload_content: bool = True,
        _request_timeout: Seconds | None = None,
        _host: str | None = None,
    ) -> Any:
        """Call an endpoint that has no method here.

        :param resource_path: path below the host, parameters in braces: `/api/2/things/{id}`.
        :param response_type: a model or its name, `"list[Ticket]"`, `"object"`, `"file"` (its path); `None`: nothing.
        :param auth_settings: `["Bearer"]` to send the API key; without it, it is not sent.
        :param _host: another server for this call. Credentials go to the configured one only.
        :returns: an `ApiResponse`; with `_return_http_data_only=True` its data.
        """
        from elements_sdk._operations.raw_request import RawCall  # loaded late: documented calls do without it

        options: dict[str, Any] = {"async_req": async_req, "_return_http_data_only": _return_http_data_only}
        options |= {"_preload_content": _preload_content, "_request_timeout": _request_timeout}
        given = Opaque((path_params, query_params, header_params, body, post_params, files, collection_formats))
        path_params = query_params = header_params = body = post_params = files = None  # no traceback shows them
        call = RawCall(method, resource_path, options, *reveal(given), response_type, auth_settings, _host)
        _host = None
        return self._run(*call.bind(self.configuration.safe_chars_for_path_param))

    def request(
        self,
        method: str,
        url: str,
        query_params: Parameters | None = None,
        headers: Mapping[str, Any] | None = None,
        post_params: Parameters | None = None,
        body: Any = None,
        _preload_content: bool = True,
        _request_timeout: Seconds | None = None,
    ) -> Any:
        """Send a request to any URL, just as given: no credentials, cookies or headers are added but `User-Agent`.

        :returns: a `Response`; with `_preload_content=False` urllib3's own.
        """
        from elements_sdk._operations.raw_request import RawCall  # loaded late, too

        options = {"_preload_content": _preload_content, "_request_timeout": _request_timeout}
        call = RawCall(method, url, options, None, query_params, headers, body, post_params)
        url, query_params, headers, post_params, body = "", None, None, None, None  # no traceback shows them
        return run(self._send_raw(call))

    def _run(self, operation: Operation, request: Request, options: RequestOptions) -> Any:
        if self._is_closed:
            self._check_open()
        if options.async_req:
            return self._run_in_thread(operation, request, options)
        return run(self._send(operation, request, options))

    def _run_in_thread(self, operation: Operation, request: Request, options: RequestOptions) -> Any:
        # Apart, as error reporters look up the dotted names in the source of a frame: that would make the threads.
        return self.pool.apply_async(lambda: run(self._send(operation, request, options)))
