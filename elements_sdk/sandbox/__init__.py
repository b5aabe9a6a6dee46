"""A local ELEMENTS authentication server, to try this SDK and to test programs that use it.

It is real Django and Django REST Framework in a child process. Install it with `pip install ".[sandbox]"` from a clone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from elements_sdk.configuration import Configuration
from elements_sdk.sandbox.process import ServerProcess
from elements_sdk.sandbox.records import Account, Email, RecordedRequest, SandboxError

__all__ = ["Account", "Email", "RecordedRequest", "Sandbox", "SandboxError"]


class Sandbox:
    """A private server with accounts and share links. It ends with its `with` block, or with this process.

    :ivar host: address of the server: `http://127.0.0.1:PORT`.
    :ivar ca_file: file of the certificate authority to trust; `None` without https.
    :ivar admin: an account with the permission `system:admin-access`.
    :ivar user: an ordinary account.
    :ivar otp_user: an account that needs a one-time code, from its method `otp()`.
    :ivar new_user: an account that must set a new password at its first login.
    :ivar disabled_user: an account that may not log in.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        https: bool = False,
        api_version: Literal["3.3", "26.8", "26.5"] = "3.3",
        paging: Literal["plain", "envelope"] = "plain",
        max_limit: int | None = None,
        tokens: int = 250,
        data: str | Path | None = None,
        hosts: Sequence[str] = (),
    ) -> None:
        """Start the server; it is ready when this returns.

        :param port: port to listen on; 0 takes a free one.
        :param https: serve over TLS, with a private certificate authority: `ca_file`.
        :param api_version: the release whose response formats the server uses; `"26.5"` is the same as `"26.8"`.
        :param paging: how lists with a `limit` are returned: as a list, or as a page with `count` and `results`.
        :param max_limit: how many entries a page has at the most, whatever `limit` asks for.
        :param tokens: how many share links there are.
        :param data: file to keep everything in, for the next sandbox on the same file; a temporary one if left out.
        :param hosts: host names that it goes by, besides `127.0.0.1` and `localhost`; it still listens on 127.0.0.1.
        :raises SandboxError: it did not start: the extra is not installed or the port is taken, for example.
        """
        self._server = ServerProcess(
            port=port,
            https=https,
            api_version=api_version,
            paging=paging,
            max_limit=max_limit,
            tokens=tokens,
            data=None if data is None else str(Path(data).absolute()),
            hosts=[hosts] if isinstance(hosts, str) else list(hosts),
        )
        self.host: str = self._server.greeting["host"]
        self.ca_file: str | None = self._server.greeting["ca_file"]
        accounts = {facts["username"]: Account(**facts) for facts in self._server.greeting["accounts"]}
        self.admin = accounts["admin"]
        self.user = accounts["user"]
        self.otp_user = accounts["otp_user"]
        self.new_user = accounts["new_user"]
        self.disabled_user = accounts["disabled_user"]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.host!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the server, and delete its data unless `data` named a file."""
        self._server.close()

    def wait(self) -> None:
        """Wait until the server has ended; it does not end by itself."""
        self._server.wait()

    @property
    def accounts(self) -> tuple[Account, ...]:
        """All accounts, in a fixed order."""
        return (self.admin, self.user, self.otp_user, self.new_user, self.disabled_user)

    def configuration(self, account: Account | None = None) -> Configuration:
        """Return a configuration with this server and the API token of an account, `user` by default."""
        return Configuration(
            host=self.host,
            api_key={"Bearer": (account or self.user).api_token},
            ssl_ca_cert=self.ca_file,
        )

    @property
    def outbox(self) -> list[Email]:
        """The e-mails that the server has sent, oldest first."""
        return [Email(**facts) for facts in self._server.ask("outbox")]

    @property
    def requests(self) -> list[RecordedRequest]:
        """The last 1,000 requests as they came over the wire, oldest first."""
        return [RecordedRequest(**facts) for facts in self._server.ask("requests")]

    @property
    def request_count(self) -> int:
        """How many requests have come over the wire, since the start or the last `reset`."""
        return int(self._server.ask("request_count"))

    def add_tokens(self, count: int) -> list[int]:
        """Add share links, and return their numbers."""
        return list(self._server.ask("add_tokens", count=count))

    def end_sessions(self) -> None:
        """End all sessions, as a restart of the server does: nobody is logged in any more."""
        self._server.ask("end_sessions")

    def reset(self) -> None:
        """Restore the state at the start; e-mails and recorded requests are deleted."""
        self._server.ask("reset")

    def expire_tickets(self) -> None:
        """Make all tickets too old to be redeemed."""
        self._server.ask("expire_tickets")

    def password_reset_token(self, username: str) -> str:
        """Return the token that a password-reset e-mail would carry: for `reset_password`, for one use.

        :raises SandboxError: there is no such account.
        """
        return str(self._server.ask("password_reset_token", username=username))
