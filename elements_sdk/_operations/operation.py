"""One REST call as a frozen record that writes its `Request` and reads its `Response`, without any I/O."""

# Annotations are not postponed here: a NamedTuple would compile the text of each when the class is made.

import sys
from collections.abc import Awaitable, Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypedDict, TypeVar

from elements_sdk import models
from elements_sdk._config.validators import checked_timeout
from elements_sdk._http.budgets import ONE_MODEL
from elements_sdk._http.messages import Request, Response, encode_query, expand_path
from elements_sdk._http.timeouts import Seconds, Timeouts
from elements_sdk._operations.errors import decode_text, make_exception, status_error
from elements_sdk._serialization.decode import Rest, no_rest, read_json, with_article
from elements_sdk._serialization.encode import to_json
from elements_sdk._serialization.parse import UnexpectedJson, parse_json
from elements_sdk._serialization.strict import first_mismatch
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.plain import NOT_A_DATE, Bounds, as_text, is_date
from elements_sdk._utils.redaction import MASK, MaskedDict, Opaque, excerpt, reveal, shown_headers
from elements_sdk._utils.text import closest
from elements_sdk.exceptions import ApiTypeError, ApiValueError, ResponseFormatError, ResponseTooLarge
from elements_sdk.models._base import ReadSettings, problem_of_body

if TYPE_CHECKING:
    from urllib3 import HTTPHeaderDict

T = TypeVar("T")
Make = Callable[[Any, Rest], Awaitable[Any]]
ANY_JSON = "object"  # a body that no model describes
NOTHING: Opaque[Mapping[str, Any]] = Opaque({})  # the arguments of a call that takes none


class CallOptions(TypedDict, total=False):
    """Keywords of every call, besides `async_req`, `_preload_content` and `_return_http_data_only`.

    `_request_timeout`: seconds for the whole call, its retries included; or a pair: seconds to connect, and to wait for
    each chunk of the response. A pair leaves the client's limit for the whole call, lifted to its sum if that is more.
    """

    _request_timeout: Seconds | None


class RequestOptions(NamedTuple):
    """The options of one call: the keywords that every call takes, where `call_api` sends it, and in whose name."""

    async_req: bool = False
    preload: bool = True
    timeout: Seconds | None = None
    data_only: bool = True
    host: str | None = None
    sends_key: bool = True
    identity: Any = None
    bound_by: Any = None
    timeouts: Timeouts | None = None


class ApiResponse(NamedTuple, Generic[T]):
    """What `..._with_http_info` returns: the data, the HTTP status and the headers of the response."""

    data: T
    status_code: int
    headers: "HTTPHeaderDict"

    def __repr__(self) -> str:
        shown = shown_headers(self.headers, lambda _value: MASK)  # the server may repeat in them what was sent
        return f"ApiResponse(data={self.data!r}, status_code={self.status_code}, headers={shown})"


class Parameter(NamedTuple):
    """An argument that goes into the path, the query or a header: `location`.

    :ivar description: what it is for, a sentence.
    :ivar example: a value that it may have.
    :ivar known: the values that a server is known to take; any other is sent as well.
    """

    name: str
    location: str
    wire_name: str
    type: str
    required: bool
    description: str = ""
    example: str | int | None = None
    known: tuple[str, ...] = ()
    bounds: Bounds | None = None

    def problem(self, plain: str | int | float) -> str | None:
        """Return the rule that a value breaks, as it goes into the URL or a header; `None` if it breaks none."""
        if self.type.startswith("date") and not is_date(plain):
            return NOT_A_DATE
        return self.bounds and self.bounds.problem(plain)


class Paging(NamedTuple):
    """The parameters by which a list is asked for page by page.

    :ivar iterator: name of the method that iterates over the whole list.
    """

    iterator: str
    limit: str
    offset: str
    ordering: str


class Operation(NamedTuple):
    """One REST call: its name, its arguments, what it sends and what it returns.

    :ivar body: name of the model that is sent; `"object"`: any JSON; `None`: no body is.
    :ivar result: what comes back: a model's name, `"list[Ticket]"`, `"object"`; `None`: nothing to read.
    :ivar make: makes of the result what the caller wants; awaits its second argument after each thousand entries.
    :ivar is_login: whether an error means that nobody is logged in now (`LoginFailed`).
    :ivar is_open: whether it may be made without credentials.
    :ivar summary: what it is for, a sentence; `description` says more.
    :ivar body_example: properties of a body that could be sent, and their values.
    """

    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: str | None = None
    result: str | None = None
    permissions: str = ""
    needs_session: bool = False
    retryable: bool = False
    is_login: bool = False
    paging: Paging | None = None
    is_open: bool = False
    summary: str = ""
    description: str = ""
    body_description: str = ""
    body_example: tuple[tuple[str, Any], ...] = ()
    make: Make | None = None

    def request(
        self, arguments: Opaque[Mapping[str, Any]] = NOTHING, check: bool = True, safe_characters: str = ""
    ) -> Request:
        """Check the arguments of a call and return its request; an argument that is `None` is left out.

        :param check: whether values are compared with the rules of parameters and of the body's model.
        :param safe_characters: characters of path parameters that are not quoted.
        :raises ApiValueError: a required argument is missing, or a value cannot be sent.
        """
        request = Request(self.method, self.path, self.path, "", MaskedDict(_ACCEPTED), retryable=self.retryable)
        if self.parameters or self.body:
            with Translated(BaseException, without_frames):  # they hold the arguments
                self._fill(request, reveal(arguments), check, safe_characters)
        return request

    def _fill(self, request: Request, arguments: Mapping[str, Any], check: bool, safe_characters: str) -> None:
        given: dict[str, list[tuple[str, Any]]] = {"path": [], "query": [], "header": []}
        for parameter in self.parameters:
            value = arguments.get(parameter.name)
            if value is not None:
                plain = value_for_url(parameter, value)
                is_ruled = check and (parameter.bounds is not None or parameter.type[:4] == "date")
                if is_ruled and (problem := parameter.problem(plain)):
                    raise ApiValueError(f"the {parameter.location} parameter {parameter.name!r} {problem}")
                given[parameter.location].append((parameter.wire_name, plain))
            elif parameter.required:
                raise ApiValueError(f"{self.name} needs the argument {parameter.name!r}")
        if given["path"]:
            request.path, request.shown_path = expand_path(self.path, given["path"], safe_characters)
        request.query = encode_query(given["query"])
        for name, value in given["header"]:
            request.headers[name] = str(value)
        if self.body:
            request.body = self._body(arguments.get("data"), check)
            request.headers["Content-Type"] = "application/json"

    async def read(
        self,
        request: Request,
        response: Response,
        settings: ReadSettings | None = None,
        most: int | None = None,
        rest: Rest = no_rest,
    ) -> Any:
        """Return the result of the call.

        :param most: the limit of bytes that the number of values goes by; `None`: any number.
        :param rest: awaited after each thousand entries.
        :raises ApiException: the status is an error.
        :raises ResponseFormatError: the response is not what was promised.
        """
        if not 200 <= response.status < 300:
            raise status_error(request, response, self.is_login)
        if self.result is None or self.result == "file":
            return response.file
        name, failed, context = self.result, None, sys.exception()
        if len(_data_of(response)) > ONE_MODEL:
            failed = _too_large(request, response, name)
        try:
            if failed is None:
                if self.make is None:
                    result = await read_json(_data_of(response), name, settings, most, rest)
                else:  # in one step, as what is read must not be left in this frame
                    result = await self.make(await read_json(_data_of(response), name, settings, most, rest), rest)
                if settings is None or not settings.strict_responses:
                    return result
                failed = _mismatch(request, response, name, most)
                if failed is None:
                    return result
                result = None
        except UnexpectedJson as error:
            failed = _format_error(request, response, error)
        except BaseException as error:  # Ctrl-C, say; the frames hold what was being read
            failed = without_frames(error)
        try:
            raise failed
        finally:
            failed.__context__ = context
            del failed  # an exception whose frames hold itself would outlive its call

    def _body(self, data: Any, check: bool) -> bytes:
        if data is None:
            raise ApiValueError(f"{self.name} needs the argument 'data'")
        if self.body == ANY_JSON:
            return to_json(data)
        model = models.by_name(f"{self.body}")
        if not isinstance(data, model | Mapping):
            wanted, given = with_article(f"{self.body}"), with_article(type(data).__name__)
            raise ApiTypeError(f"{self.name} takes {wanted} or a dict as data, not {given}")
        problem = problem_of_body(model, data) if check else None
        if problem:
            raise ApiValueError(problem)
        return to_json(data)


def value_for_url(parameter: Parameter, value: Any) -> str | int | float:
    """Return an argument as it goes into the URL.

    :raises ApiValueError: it is not what a URL holds; a list would go out as Python writes one.
    """
    plain = as_text(value)
    if plain is None:
        where, name, given = parameter.location, parameter.name, type(value).__name__
        raise ApiValueError(
            f"the {where} parameter {name!r} must be text, a finite number, a date or an Enum's value, not {given}"
        )
    return plain


def _too_large(request: Request, response: Response, type_name: str) -> BaseException | None:
    if not type_name.isidentifier() or type_name in ("object", "str"):
        return None
    reason = f"the answer has more than {ONE_MODEL:,} bytes, and {with_article(type_name)} was promised"
    return make_exception(ResponseTooLarge, request, response, reason=reason)


def _mismatch(request: Request, response: Response, type_name: str, most: int | None) -> BaseException | None:
    """Return the exception for a response in which a value is not what the models say."""
    is_checked = response.data and type_name != "str"
    problem = first_mismatch(parse_json(response.data, most), type_name) if is_checked else None
    if problem is None:
        return None
    reason = f"the answer is not what was promised: {problem}"
    failed = make_exception(ResponseFormatError, request, response, reason=reason)
    failed.hint = _OTHER_JSON
    return failed


def _format_error(request: Request, response: Response, error: UnexpectedJson) -> ResponseFormatError:
    kind = response.headers.get("Content-Type", "without a content type")
    begins = f", beginning with: {excerpt(decode_text(request, response))}" if response.data else ""
    failed = make_exception(ResponseFormatError, request, response, reason=f"{error} ({kind}{begins})")
    failed.hint = _OTHER_JSON if "json" in kind and response.data else failed.hint
    return failed


_data_of = attrgetter("data")  # in a frame that raises: reporters look the names of the source up
_OTHER_JSON = "compare the answer with what was asked for: is this the right call, and a server of the right version?"
_ACCEPTED = {"Accept": "application/json"}
_USUAL, DATA_ONLY = RequestOptions(data_only=False), RequestOptions()
RAW = Operation("call_api", "", "")  # of options that cannot be wrong
_OPTIONS = ("async_req", "_preload_content", "_request_timeout", "_return_http_data_only")


def read_options(operation: Operation, options: Mapping[str, Any], data_only: bool = False) -> RequestOptions:
    """Read the keywords that every call takes.

    :param data_only: return the data alone, whatever the keywords say.
    :raises ApiTypeError: there is a keyword that no call takes.
    :raises ApiValueError: the timeout is neither a number of seconds nor a pair of them.
    """
    for option in options:
        if option not in _OPTIONS:
            if isinstance(options, dict):
                options.clear()  # the frames that are left hold it, and a secret may be among it
            raise ApiTypeError(_unknown_option(operation, option))
    if not options:
        return DATA_ONLY if data_only else _USUAL
    preload, timeout = options.get("_preload_content"), options.get("_request_timeout")
    return RequestOptions(
        async_req=bool(options.get("async_req")),
        preload=preload is None or bool(preload),
        timeout=None if timeout is None else checked_timeout("_request_timeout", timeout),
        data_only=data_only or bool(options.get("_return_http_data_only")),
    )


def _unknown_option(operation: Operation, option: str) -> str:
    """Return that a call takes no such keyword, and which one is meant."""
    text, model = f"{operation.name} takes no argument {option!r}", operation.body
    own = [parameter.name for parameter in operation.parameters]
    properties = list(models.by_name(model)._declared) if model else []
    meant = closest(option, [*own, *properties])
    if model and meant in properties:
        return f'{text}: it goes into data, as in data={{"{meant}": ...}} or data={model}({meant}=...)'
    text += f"; did you mean {meant!r}?" if meant else f"; its own are {', '.join(own)}" if own else ""
    return f"{text}; every call takes {', '.join(_OPTIONS)}"
