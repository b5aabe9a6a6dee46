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

from elements_sdk.sandbox.server import reset_tokens, seed, web
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
    getattr(mail, "outbox", []).clear()
    web.recorded.clear()


def _database() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _end_sessions() -> None:
    Session.objects.all().delete()


def _outbox() -> list[dict[str, Any]]:
    sent = getattr(mail, "outbox", [])
    return [{"to": message.to, "subject": message.subject, "text": message.body} for message in sent]


def _requests() -> list[dict[str, Any]]:
    return list(web.recorded.last)


def _request_count() -> int:
    return web.recorded.count


def _password_reset_token(username: str) -> str:
    return reset_tokens.make(User.objects.get(username=username))


def _expire_tickets() -> None:
    Ticket.objects.update(created=timezone.now() - 2 * TICKET_LIFETIME)


_contents = sqlite3.connect(":memory:", check_same_thread=False)

_COMMANDS: dict[str, Callable[..., Any]] = {
    "add_tokens": seed.add_tokens,
    "end_sessions": _end_sessions,
    "expire_tickets": _expire_tickets,
    "outbox": _outbox,
    "request_count": _request_count,
    "requests": _requests,
    "reset": _reset,
    "password_reset_token": _password_reset_token,
}
