"""The log of this package: one record for each attempt, and handlers where `debug` or `logger_file` ask for them.

Records hold only what may be shown: method, path with its secret parts masked, status, time. Making a Configuration
changes no logger; only setting `debug`, `logger_file` or `logger_format` does, and the loggers of `urllib3` and
`http.client` are never switched on, since they show queries, headers and bodies.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from elements_sdk._http.messages import Request, Response
from elements_sdk._utils.errors import Translated, problem_of_file
from elements_sdk.exceptions import ApiValueError

logger = logging.getLogger("elements_sdk")
logger.addHandler(logging.NullHandler())
_UNWRITABLE = "logger_file cannot be written: "


class LogHandler:
    """The handler that `debug`, `logger_file` and `logger_format` of the last Configuration to set one ask for."""

    def __init__(self) -> None:
        self.current: logging.StreamHandler[Any] | None = None
        self._is_debugging = False
        self._lock = threading.Lock()

    def configure(self, debug: bool, file: str | None, form: str) -> None:
        """Set level and handler: the log goes to the file if there is one, else to standard error.

        :raises ApiValueError: the file cannot be written.
        """
        new: logging.StreamHandler[Any] | None = logging.StreamHandler() if debug and file is None else None
        if file is not None:
            with Translated((OSError, ValueError), lambda error: ApiValueError(_UNWRITABLE + problem_of_file(error))):
                new = logging.FileHandler(file, encoding="utf-8")
        with self._lock:
            if debug != self._is_debugging:
                logger.setLevel(logging.DEBUG if debug else logging.NOTSET)
                self._is_debugging = debug
            if self.current is not None:
                logger.removeHandler(self.current)
                self.current.close()
            self.current = new
            if new is not None:
                new.setFormatter(logging.Formatter(form))
                logger.addHandler(new)


log_handler = LogHandler()


def record_attempt(request: Request, outcome: Response | Exception, seconds: float) -> None:
    """Record an attempt, and its status or the exception that came of it."""
    shown = outcome.status if isinstance(outcome, Response) else type(outcome).__name__
    text = "%s %s -> %s in %.1f ms (try %d)"
    logger.debug(text, request.method, request.shown_path, shown, seconds * 1000, request.attempts)


def record_retry(request: Request, seconds: float) -> None:
    text = "%s %s is tried again in %.2f s (after try %d)"
    logger.info(text, request.method, request.shown_path, seconds, request.attempts)
