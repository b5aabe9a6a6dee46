"""The log of this package: one record for each attempt, and handlers where `debug` or `logger_file` ask for them.

Records hold only what may be shown: method, path with its secret parts masked, status, time. Making a Configuration
changes no logger; only setting `debug`, `logger_file` or `logger_format` does, and the loggers of `urllib3` and
`http.client` are never switched on, since they show queries, headers and bodies.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from elements_sdk._http.messages import Request
from elements_sdk.exceptions import ApiValueError

logger = logging.getLogger("elements_sdk")
logger.addHandler(logging.NullHandler())


class LogHandlers:
    """The handlers that `debug`, `logger_file` and `logger_format` of the last Configuration to set one ask for."""

    def __init__(self) -> None:
        self.stream_handler: logging.StreamHandler[Any] | None = None
        self.file_handler: logging.FileHandler | None = None
        self._is_debugging = False
        self._lock = threading.Lock()

    def configure(self, debug: bool, file: str | None, form: str) -> None:
        """Set level and handlers: the log goes to the file if there is one, else to standard error.

        :raises ApiValueError: the file cannot be written.
        """
        new_file = None if file is None else _file_handler(file)
        with self._lock:
            if debug != self._is_debugging:
                logger.setLevel(logging.DEBUG if debug else logging.NOTSET)
                self._is_debugging = debug
            for old in (self.stream_handler, self.file_handler):
                if old is not None:
                    logger.removeHandler(old)
                    old.close()
            self.stream_handler = logging.StreamHandler() if debug and new_file is None else None
            self.file_handler = new_file
            for new in (self.stream_handler, self.file_handler):
                if new is not None:
                    new.setFormatter(logging.Formatter(form))
                    logger.addHandler(new)


log_handlers = LogHandlers()


def record_response(request: Request, status: int, seconds: float) -> None:
    """Record an attempt that got a response."""
    _record(request, status, seconds)


def record_failure(request: Request, error: Exception, seconds: float) -> None:
    """Record an attempt that got none, or not the whole of it."""
    _record(request, type(error).__name__, seconds)


def record_retry(request: Request, seconds: float) -> None:
    """Record that a request will be sent again."""
    logger.info("%s %s is tried again in %.2f s (after try %d)", *_named(request), seconds, request.attempts)


def record_warning(text: str, *values: object) -> None:
    """Record a warning."""
    logger.warning(text, *values)


def _record(request: Request, outcome: object, seconds: float) -> None:
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s %s -> %s in %.1f ms (try %d)", *_named(request), outcome, seconds * 1000, request.attempts)


def _named(request: Request) -> tuple[str, str]:
    return request.method, request.shown_path


def _file_handler(path: str) -> logging.FileHandler:
    try:
        return logging.FileHandler(path, encoding="utf-8")
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "that is not a path"
    raise ApiValueError(f"logger_file cannot be written: {problem}")
