"""ApiClient for asyncio: makes calls, and raises or returns what comes back."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from elements_sdk._client.base import BaseClient, checked_configuration
from elements_sdk._client.given import GivenTransport
from elements_sdk._http.messages import Request
from elements_sdk._http.timeouts import Seconds
from elements_sdk._operations.by_call_api import own_call_api
from elements_sdk._operations.operation import DATA_ONLY, Operation, RequestOptions, read_options
from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk._utils.sync import settled
from elements_sdk.aio._transport import Transport
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import ApiTypeError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Unpack

    from elements_sdk._operations.endpoint import IterateOptions, Returns, SendOptions
    from elements_sdk._serialization.forms import Parameters
    from elements_sdk.aio.pagination import Pager
    from elements_sdk.transport import Transport as ApiTransport

T = TypeVar("T")


class ApiClient(BaseClient):
    """A client of one server, in one event loop. Many tasks may share it; use it in an `async with` statement.

    Configuration, credentials, retries and timeouts are those of the blocking client.
    """

    rest_client: Transport | GivenTransport

    def __init__(
        self,
        configuration: Configuration | None = None,
        header_name: str | None = None,
        header_value: str | None = None,
        cookie: str | None = None,
        *,
        transport: ApiTransport | None = None,
    ) -> None:
        """Without a configuration, a copy of the default one is used. `header_name` is sent with every call.

        :param transport: what sends in place of the network; copies of the client share it.
        """
        given = checked_configuration(type(self), configuration)
        sends = Transport(given) if transport is None else GivenTransport(transport, given)
        super().__init__(sends, given, header_name, header_value, cookie)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections. After that, calls raise `ApiValueError`."""
        self._is_closed = True
        await settled(self.rest_client.close())

    def call(
        self, operation: Operation, arguments: Opaque[Mapping[str, Any]], options: Mapping[str, Any] | None = None
    ) -> Coroutine[Any, Any, Any]:
        """Make a documented call and return its data; see `elements_sdk.ApiClient.call`."""
        read = read_options(operation, options, data_only=True) if options else DATA_ONLY
        return BaseClient._call(self, operation, arguments, read)  # type: ignore[no-any-return]

    def call_with_http_info(
        self, operation: Operation, arguments: Opaque[Mapping[str, Any]], options: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Any]:
        """Make a documented call and return an `ApiResponse`."""
        return BaseClient._call(self, operation, arguments, read_options(operation, options))  # type: ignore[no-any-return]

    @overload
    async def send(self, method: str, path: str, *, returns: None = None, **options: Unpack[SendOptions]) -> None: ...
    @overload
    async def send(self, method: str, path: str, *, returns: Returns[T], **options: Unpack[SendOptions]) -> T: ...
    @overload
    async def send(self, method: str, path: str, *, returns: str, **options: Unpack[SendOptions]) -> object: ...
    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        json: Any = None,
        returns: Any = None,
        _request_timeout: Seconds | None = None,
    ) -> Any:
        """Call an endpoint that has no method here; see `elements_sdk.ApiClient.send`."""
        from elements_sdk._operations.endpoint import endpoint  # loaded late, too

        given = Opaque((query, json))
        query = json = None  # no traceback shows them
        operation, arguments = endpoint(method, path, given, returns)
        return await ApiClient.call(self, operation, arguments, {"_request_timeout": _request_timeout})

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
        """Iterate over a list that has no method here; see `elements_sdk.ApiClient.iterate`."""
        from elements_sdk._operations.endpoint import listing
        from elements_sdk.aio.pagination import Pager  # loaded late: most programs read no list
        from elements_sdk.pagination import Cursor

        given = Opaque(query)
        query = None  # no traceback shows it
        operation, filters = listing(path, given, returns)
        options = {"_request_timeout": _request_timeout}
        return Pager(self, Cursor(operation, filters, page_size, offset, order, options))

    @own_call_api
    async def call_api(
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
        _return_http_data_only: bool | None = None,
        collection_formats: Mapping[str, str] | None = None,
        _preload_content: bool = True,
        _request_timeout: Seconds | None = None,
        _host: str | None = None,
        async_req: None = None,
    ) -> Any:
        """Call an endpoint that has no method here; see `elements_sdk.ApiClient.call_api`."""
        from elements_sdk._operations.raw_request import RawCall  # loaded late: documented calls do without it

        options: dict[str, Any] = {"async_req": async_req, "_return_http_data_only": _return_http_data_only}
        options |= {"_preload_content": _preload_content, "_request_timeout": _request_timeout}
        given = Opaque((path_params, query_params, header_params, body, post_params, files, collection_formats))
        path_params = query_params = header_params = body = post_params = files = None  # no traceback shows them
        call = RawCall(method, resource_path, options, *reveal(given), response_type, auth_settings, _host)
        _host = None
        return await self._run(*call.bind(self.configuration.safe_chars_for_path_param))

    async def request(
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

        :returns: a `Response`; with `_preload_content=False` aiohttp's own.
        """
        from elements_sdk._operations.raw_request import RawCall  # loaded late, too

        options = {"_preload_content": _preload_content, "_request_timeout": _request_timeout}
        call = RawCall(method, url, options, None, query_params, headers, body, post_params)
        url, query_params, headers, post_params, body = "", None, None, None, None  # no traceback shows them
        return await self._send_raw(call)

    def _run(self, operation: Operation, request: Request, options: RequestOptions) -> Coroutine[Any, Any, Any]:
        if self._is_closed:
            self._check_open()
        if options.async_req:
            raise ApiTypeError(_NO_THREADS.format(operation.name))
        return self._send(operation, request, options)


_NO_THREADS = "{} takes no argument 'async_req' here: put it into a task, as in asyncio.create_task"
