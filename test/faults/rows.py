"""A row of the fault table: what goes wrong, and what a call makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from elements_sdk import ApiException
from test.faults.server import Behaviour

CALLS = ("GET", "POST", "login", "DELETE")


@dataclass(frozen=True)
class Outcome:
    """What is expected of one call: success, or an exception of just this class.

    :ivar requests: how many requests the server counts.
    :ivar attempts: how often the call was tried; as a rule as often as the server counts.
    """

    kind: type[ApiException] | None
    requests: int
    request_sent: str | None
    attempts: int

    def __str__(self) -> str:
        times = "once" if self.attempts == 1 else f"{self.attempts} times"
        if self.kind is None:
            return "succeeds" if self.attempts == 1 else f"succeeds, tried {times}"
        return f"`{self.kind.__name__}`, tried {times}, sent: {self.request_sent}"


def fails(kind: type[ApiException], request_sent: str, requests: int = 1, attempts: int | None = None) -> Outcome:
    """Expect an exception."""
    return Outcome(kind, requests, request_sent, requests if attempts is None else attempts)


def succeeds(requests: int = 1, attempts: int | None = None) -> Outcome:
    """Expect a result."""
    return Outcome(None, requests, None, requests if attempts is None else attempts)


@dataclass(frozen=True)
class Fault:
    """A fault, and the outcome of each call that is tried with it.

    :ivar peer: what the client connects to: a scripted `server`, the same over `tls`, `nowhere`, an `unknown` name, or
        a full `backlog`.
    :ivar script: makes the behaviours of the server, one a connection.
    :ivar timeout: `_request_timeout` of the call.
    :ivar within: seconds in which the call must have ended.
    :ivar is_warm: whether a call has succeeded on the same client before; the server counts it too.
    :ivar idle: seconds between that call and this one.
    :ivar asyncio: the outcomes that differ with the asyncio client.
    """

    name: str
    outcomes: dict[str, Outcome]
    script: Callable[[], list[Behaviour]] = list
    peer: str = "server"
    timeout: Any = None
    within: float = 4.0
    is_warm: bool = False
    idle: float = 0.1
    settings: dict[str, Any] = field(default_factory=dict)
    asyncio: dict[str, Outcome] = field(default_factory=dict)

    def outcome(self, call: str, kind: str) -> Outcome:
        """Return what is expected of a call by this kind of client."""
        return self.asyncio.get(call, self.outcomes[call]) if kind == "asyncio" else self.outcomes[call]


def fault(name: str, script: Callable[[], list[Behaviour]] = list, **options: Any) -> Fault:
    """Make a fault: `GET=...`, `POST=...`, `login=...` and `DELETE=...` are outcomes, `every=...` one for all."""
    every = options.pop("every", None)
    outcomes = {call: options.pop(call, every) for call in CALLS}
    return Fault(name, {call: outcome for call, outcome in outcomes.items() if outcome}, script, **options)
