"""Greenlets with one client."""

from __future__ import annotations

import ssl

from test.faults.server import FaultServer
from test.processes.calls import own_answers
from test.processes.watching import run


def test_greenlets_get_their_own_answers_side_by_side(tls: ssl.SSLContext, ca_file: str) -> None:
    with FaultServer(own_answers(0.05), tls=tls) as server:
        wrong, seconds = run("test.guests.gevent_calls", server.host, ca_file, "50").split()
        assert int(wrong) == 0
        assert float(seconds) < 2.5  # 100 calls of 0.05 s, ten at a time: 0.5 s; one by one: 5 s
        assert server.connections == 10
