"""The names that programs written for the 3.3 client import from here."""

from __future__ import annotations

import io
from functools import partialmethod
from typing import TYPE_CHECKING, Any

from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk.exceptions import ApiConnectionError, ApiException, ApiTypeError, ApiValueError

if TYPE_CHECKING:
    from elements_sdk.configuration import Configuration

__all__ = ["ApiConnectionError", "ApiException", "ApiTypeError", "ApiValueError", "RESTClientObject", "RESTResponse"]


class RESTResponse(io.IOBase):
    """A response as 3.3 had it.

    :ivar urllib3_response: what it was made of: anything with status, reason, data and headers.
    """

    def __init__(self, resp: Any) -> None:
        self.urllib3_response = resp
        self.status, self.reason, self.data = resp.status, resp.reason, resp.data

    def getheaders(self) -> Any:
        """Return all headers."""
        return self.urllib3_response.headers

    def getheader(self, name: str, default: Any = None) -> Any:
        """Return one header."""
        return self.urllib3_response.headers.get(name, default)


class RESTClientObject:
    """Sends a request to any URL, just as given, with the limits of `ApiClient.request`."""

    def __init__(self, configuration: Configuration, pools_size: int = 4, maxsize: int | None = None) -> None:
        """
        :param pools_size: has no effect.
        :param maxsize: has no effect: `Configuration.connection_pool_maxsize` has.
        """
        from elements_sdk.api_client import ApiClient  # loaded late: most import the exceptions only

        self._client = ApiClient(configuration)

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Send a request; the keywords are those of `ApiClient.request`.

        :returns: a `RESTResponse` with the body as text; with `_preload_content=False` urllib3's own.
        :raises ApiException: the status is an error, or no response came.
        """
        given, preload = Opaque((url, options)), options.get("_preload_content", True)
        url, options = "", {}  # no traceback shows them
        response = self._client.request(method, reveal(given)[0], **reveal(given)[1])
        if preload:
            response = RESTResponse(response)
            response.data = response.data.decode("utf-8", "replace")
        return response

    GET = partialmethod(request, "GET")
    HEAD = partialmethod(request, "HEAD")
    OPTIONS = partialmethod(request, "OPTIONS")
    DELETE = partialmethod(request, "DELETE")
    POST = partialmethod(request, "POST")
    PUT = partialmethod(request, "PUT")
    PATCH = partialmethod(request, "PATCH")
