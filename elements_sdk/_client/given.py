"""A transport that the caller has given to a client, in the shape of the SDK's own."""

from __future__ import annotations

from collections.abc import Awaitable

from elements_sdk._http.body import Body, BodyError, new_body
from elements_sdk._http.messages import Request, Response
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._operations.errors import body_error, make_exception
from elements_sdk._utils import urls
from elements_sdk._utils.errors import without_frames
from elements_sdk._utils.redaction import excerpt
from elements_sdk._utils.sync import settled
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import (
    ApiConnectionError,
    ApiException,
    ApiTimeoutError,
    ApiTypeError,
    ApiValueError,
    OpenApiException,
)
from elements_sdk.transport import Transport

_LEFT = "_preload_content=False leaves a response of urllib3 or aiohttp to you; the transport of this client has none"


class GivenTransport:
    """A transport of the caller's own.

    :ivar given: it.
    """

    def __init__(self, given: Transport, configuration: Configuration) -> None:
        """
        :raises ApiTypeError: it lacks a method.
        """
        for name in ("send", "pause", "close"):
            if not callable(getattr(given, name, None)):
                raise ApiTypeError(f"transport must have the methods send, pause and close: it has no {name}")
        self.given, self._configuration = given, configuration

    async def send(
        self, request: Request, timeouts: Timeouts, *, body: Body, longest_idle: float | None
    ) -> Response | OpenApiException:
        if body == "leave":
            return ApiValueError(_LEFT)
        try:
            response = await settled(self.given.send(request, timeouts))
        except ApiException as error:
            return without_frames(error)
        except OSError as error:
            kind = ApiTimeoutError if isinstance(error, TimeoutError) else ApiConnectionError
            reason = f"the transport failed: {type(error).__name__} ({excerpt(str(error))})"
            return make_exception(kind, request, None, reason=reason, request_sent="maybe")
        return self._received(request, response, body)

    def _received(self, request: Request, response: Response, body: Body) -> Response | ApiException:
        sink = new_body(body, response.status, self._configuration.max_response_bytes)
        try:
            sink.write(response.data)
            sink.put_into(response)
            return response
        except BodyError as error:
            sink.discard()
            return body_error(request, response, error)

    async def pause(self, seconds: float) -> None:
        await settled(self.given.pause(seconds))

    def is_cleartext(self, origin: str) -> bool:
        return bool(getattr(self.given, "is_cleartext", urls.is_cleartext)(origin))

    def close(self) -> Awaitable[None] | None:
        return self.given.close()
