"""The commands of the parent process, besides HTTP."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone

from elements_sdk.sandbox.server import login, seed, web
from elements_sdk.sandbox.server.models import Ticket, User
from elements_sdk.sandbox.server.views import TICKET_LIFETIME


def dispatch(command: str, **arguments: Any) -> dict[str, Any]:
    """Run a command, and return `{"result": ...}`, or `{"error": ...}` with a message."""
    try:
        return {"result": _COMMANDS[command](**arguments)}
    except User.DoesNotExist:
        return {"error": f"there is no account {arguments.get('username')!r}"}
    except Exception as error:  # the parent gets the error, and the server goes on
        return {"error": f"{type(error).__name__}: {error}"}


def snapshot() -> None:
    """Keep a copy of the database as it is now, for `reset`."""
    with closing(sqlite3.connect(_database())) as source:
        source.backup(_contents)


def _reset() -> None:
    with closing(sqlite3.connect(_database(), timeout=20)) as target:
        _contents.backup(target)
    _sent().clear()
    web.recorded.clear()


def _database() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _sent() -> list[Any]:
    return getattr(mail, "outbox", [])  # which comes with the first e-mail


_contents = sqlite3.connect(":memory:", check_same_thread=False)

_COMMANDS: dict[str, Callable[..., Any]] = {
    "add_tokens": seed.add_tokens,
    "end_sessions": lambda: Session.objects.all().delete(),
    "expire_tickets": lambda: Ticket.objects.update(created=timezone.now() - 2 * TICKET_LIFETIME),
    "outbox": lambda: [{"to": sent.to, "subject": sent.subject, "text": sent.body} for sent in _sent()],
    "request_count": lambda: web.recorded.count,
    "requests": lambda: list(web.recorded.last),
    "reset": _reset,
    "password_reset_token": lambda username: login.reset_token(User.objects.get(username=username)),
}
