"""The settings of a Configuration, for type checkers, editors and `help`."""

# Annotations are not postponed here: a TypedDict would compile the text of each when the class is made.

from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from elements_sdk.retry import RetryPolicy

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3 import Retry


class MoreSettings(TypedDict, total=False):
    """The settings of a Configuration besides its first six; the attributes of `Configuration` say what each is."""

    refresh_api_key_hook: Callable[[Any], None] | None
    client_side_validation: bool
    timeout: float | tuple[float | None, float | None] | None
    total_timeout: float | None
    keepalive_idle: float | None
    connection_pool_maxsize: int
    verify_ssl: bool
    ssl_ca_cert: str | None
    cert_file: str | None
    key_file: str | None
    ssl_ca_data: str | bytes | None
    key_password: str | None
    ssl_context: "SSLContext | None"
    assert_hostname: str | Literal[False] | None
    proxy: str | None
    proxy_headers: Mapping[str, str] | None
    trust_env: bool
    safe_chars_for_path_param: str
    retries: "int | RetryPolicy | Retry | None"
    temp_folder_path: str | None
    max_response_bytes: int | None
    compression: bool
    strict_responses: bool
    debug: bool
    logger_file: str | None
    logger_format: str
    pickle_credentials: bool


class Documentation:
    """The docstring of a class and, out of its source, those of its attributes, which Python itself drops."""

    def __init__(self, kind: type) -> None:
        self._kind, self._text = kind, kind.__doc__ or ""

    def __get__(self, _instance: object, _kind: type) -> str:
        import ast  # loaded late, as only `help` and its like ask
        import inspect

        lines = [inspect.cleandoc(self._text), ""]
        with suppress(OSError):  # there is no source
            declared: Any = ast.parse(inspect.getsource(self._kind)).body[0]
            for one, words in pairwise(declared.body):
                if isinstance(one, ast.AnnAssign) and isinstance(words, ast.Expr):
                    lines.append(f":ivar {ast.unparse(one.target)}: {ast.literal_eval(words.value)}")
        return "\n".join(lines)
