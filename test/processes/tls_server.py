"""`python -m test.processes.tls_server CA_FILE`: answers over TLS, from a process of its own, until its input ends.

A fork while a thread is within a TLS handshake may leave the child waiting for OpenSSL's random numbers for ever: their
lock belongs to the process, and OpenSSL does not renew it. So a server does no handshakes in a process that is forked.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from elements_sdk import ApiClient, AuthApi
from test.faults.certificates import Authority
from test.faults.server import FaultServer
from test.processes.calls import client_of, own_answers
from test.processes.watching import ROOT

_SECONDS_TO_ANSWER = 0.01


class TlsServer(NamedTuple):
    """The address of the server, and the file of its certificate authority."""

    host: str
    ca_file: str

    def client(self) -> ApiClient:
        return client_of(self.host, Path(self.ca_file).read_text("ascii"))


@contextmanager
def tls_server(folder: Path) -> Iterator[TlsServer]:
    """Run the program, and yield its address and authority."""
    ca_file = str(folder / "ca.pem")
    line = [sys.executable, "-m", "test.processes.tls_server", ca_file]
    with subprocess.Popen(line, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield TlsServer(process.stdout.readline().strip(), ca_file)
        process.stdin.close()
        assert process.wait(10) == 0


def connections_of(client: ApiClient, numbers: range) -> set[str]:
    """Make calls, each of which must get its own response; return the server's numbers of their connections."""
    auth = AuthApi(client)
    tokens = [auth.get_access_token(number) for number in numbers]
    assert [token.id for token in tokens] == [*numbers]
    return {token.token for token in tokens}


def main(ca_file: str) -> None:
    """Serve until standard input ends."""
    authority = Authority()
    authority.ca_file(Path(ca_file))
    context = authority.context_for("localhost", "127.0.0.1")
    with FaultServer(own_answers(_SECONDS_TO_ANSWER), tls=context) as server:
        print(server.host, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
