"""A port whose backlog is full, so that connecting to it hangs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_MOST_CONNECTIONS = 64
_SECONDS_TO_CALL_IT_HANGING = 0.2


@contextmanager
def filled_backlog() -> Iterator[tuple[str, int]]:
    """Yield the host and port of a socket that listens but accepts no more connections.

    :raises RuntimeError: the system accepts every connection nevertheless.
    """
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address: tuple[str, int] = listener.getsockname()
        if not any(_hangs(stack, address) for _ in range(_MOST_CONNECTIONS)):
            raise RuntimeError(f"{_MOST_CONNECTIONS} connections did not fill the backlog")
        yield address


def _hangs(stack: ExitStack, address: tuple[str, int]) -> bool:
    """Return whether a connection is kept waiting; one that is not fills the backlog until `stack` is closed."""
    filler = stack.enter_context(socket.socket())
    filler.settimeout(_SECONDS_TO_CALL_IT_HANGING)
    try:
        filler.connect(address)
    except TimeoutError:
        filler.close()
        return True
    return False
