"""The fault kit from the command line: `python -m test.faults server silence` and the like, until Ctrl-C."""

from __future__ import annotations

import argparse
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from test.faults.backlog import filled_backlog
from test.faults.behaviours import BEHAVIOURS
from test.faults.certificates import Authority
from test.faults.proxy import FaultProxy, Faults
from test.faults.server import FaultServer


def main(arguments: list[str] | None = None) -> None:
    """Run what the command line asks for, until it is interrupted."""
    options = _parser().parse_args(arguments)
    with suppress(KeyboardInterrupt):
        if options.command == "server":
            _run_server(options.behaviours, options.port, tls=options.tls)
        elif options.command == "proxy":
            _run_proxy(options)
        else:
            with filled_backlog() as (host, port):
                _wait_at(f"{host}:{port}")


def _run_server(names: list[str], port: int, *, tls: bool) -> None:
    authority = Authority()
    context = authority.context_for("localhost", "127.0.0.1") if tls else None
    behaviours = [BEHAVIOURS[name]() for name in names]
    with (
        tempfile.TemporaryDirectory() as folder,
        FaultServer(*behaviours, tls=context, port=port) as server,
    ):
        if tls:
            print(f"certificates are signed by {authority.ca_file(Path(folder) / 'ca.pem')}")
        _wait_at(server.host)
        print(f"{server.connections} connections, {server.count()} requests")


def _run_proxy(options: argparse.Namespace) -> None:
    host, _, port = options.target.rpartition(":")
    faults = Faults(
        delay=options.delay,
        bytes_per_second=options.throttle,
        reset_rate=options.reset_rate,
        cut_after=options.cut_after,
        half_close_after=options.half_close_after,
        black_hole=options.black_hole,
        seed=options.seed,
    )
    with FaultProxy(host, int(port), faults, own_port=options.port) as proxy:
        _wait_at(proxy.host)
        print(f"{proxy.connections} connections, {proxy.faults_made} faults")


def _wait_at(address: str) -> None:
    print(address, flush=True)
    with suppress(KeyboardInterrupt):
        threading.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m test.faults", description="Fail on purpose, until Ctrl-C.")
    commands = parser.add_subparsers(dest="command", required=True)
    names = ", ".join(BEHAVIOURS)
    server = commands.add_parser("server", help="a server with one behaviour a connection", epilog=f"Any of: {names}.")
    server.add_argument(
        "behaviours", metavar="BEHAVIOUR", nargs="+", choices=BEHAVIOURS, help="the last is for all that follow"
    )
    server.add_argument("--port", type=int, default=0, help="a free one if not given")
    server.add_argument("--tls", action="store_true", help="with a throw-away certificate for localhost")
    _add_proxy(commands.add_parser("proxy", help="a bad network in front of a real server"))
    commands.add_parser("backlog", help="a port where connecting hangs")
    return parser


def _add_proxy(proxy: argparse.ArgumentParser) -> None:
    proxy.add_argument("target", metavar="HOST:PORT", help="the real server")
    proxy.add_argument("--port", type=int, default=0, help="where to listen; a free port if not given")
    proxy.add_argument("--delay", type=float, default=0.0, metavar="SECONDS", help="how late each answer comes")
    proxy.add_argument("--throttle", type=float, metavar="BYTES", help="bytes a second, each way")
    proxy.add_argument("--reset-rate", type=float, default=0.0, metavar="CHANCE", help="from 0 to 1")
    proxy.add_argument("--cut-after", type=int, metavar="BYTES", help="close within each answer")
    proxy.add_argument("--half-close-after", type=int, metavar="BYTES", help="say no more within each answer")
    proxy.add_argument("--black-hole", action="store_true", help="swallow everything")
    proxy.add_argument("--seed", type=int, default=0, help="where the dice of --reset-rate begin")


if __name__ == "__main__":
    main()
