"""Documented calls by way of `call_api`, for whoever has put another in the place of the class's own, as 3.3 let them.

What is put there may pass on what it is given, or something else. So the path itself tells the class's own `call_api`
which call it is: that holds in any thread, and beside calls that a guard makes of its own. A rewritten path is plain
text, and so the path of a call that no record describes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from elements_sdk._operations.operation import Operation, RequestOptions, value_for_url
from elements_sdk._serialization.decode import without_page
from elements_sdk._utils.redaction import Opaque, reveal

F = TypeVar("F", bound=Callable[..., Any])

OWN_CALL_API: set[object] = set()  # what stands behind `client.call_api` if nobody has put another there


def own_call_api(function: F) -> F:
    """Note that a method is the class's own `call_api`."""
    OWN_CALL_API.add(function)
    return function


class DocumentedPath(str):
    """The path of a documented call, which knows its operation, and what a client has bound the call to."""

    __slots__ = ("client", "identity", "operation")
    client: Any
    identity: Any
    operation: Operation

    def __deepcopy__(self, memo: Any) -> DocumentedPath:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


def by_call_api(
    client: Any, operation: Operation, arguments: Opaque[Mapping[str, Any]], options: RequestOptions
) -> Any:
    """Check a documented call and hand it to `call_api`, with the arguments that 3.3 gave it.

    :param client: anything that has a `call_api`; a mock, say.
    """
    request = operation.request(arguments, getattr(client, "client_side_validation", True))
    bind = getattr(type(client), "_bind", None)  # only the client of a session has one
    if bind is not None:
        options = bind(client, operation, request, options)
    path = DocumentedPath(operation.path)
    path.client, path.operation, path.identity = client, operation, options.identity
    return client.call_api(
        path,
        operation.method,
        dict(_pairs(operation, "path", reveal(arguments))),
        _pairs(operation, "query", reveal(arguments)),
        dict(request.headers),
        body=reveal(arguments).get("data"),
        post_params=[],
        files={},
        response_type=operation.result and without_page(operation.result),
        auth_settings=["Bearer"],
        async_req=options.async_req or None,
        _return_http_data_only=options.data_only or None,
        _preload_content=options.preload,
        _request_timeout=options.timeout,
        collection_formats={},
    )


def _pairs(operation: Operation, location: str, arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
    given = [(item, arguments.get(item.name)) for item in operation.parameters if item.location == location]
    return [(item.wire_name, value_for_url(item, value)) for item, value in given if value is not None]
