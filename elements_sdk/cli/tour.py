"""The tour: every documented call once, each outcome checked against what the server should have done."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from elements_sdk._operations.operation import ApiResponse, Operation
from elements_sdk._utils.redaction import Opaque
from elements_sdk.api import auth_api
from elements_sdk.api_client import ApiClient
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import NotFoundException, OpenApiException, UnauthorizedException
from elements_sdk.models import AuthLoginEndpointResponse, ElementsUserDetail, OneTimeAccessToken
from elements_sdk.sandbox import Account, Sandbox

COLLEAGUE = "colleague@sandbox.invalid"


class UnexpectedOutcome(OpenApiException):
    """A call came back, but the server did not do what it should have done."""


class Step(NamedTuple):
    """One call of the tour.

    :ivar call: makes it.
    :ivar check: checks that it had its effect, and describes the result.
    """

    operation: Operation
    call: Callable[[], ApiResponse[Any]]
    check: Callable[[Any], str]


class Tour:
    """The calls of the tour, as an administrator would make them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._client = ApiClient(Configuration(host=sandbox.host))
        self._auth = auth_api.AuthApi(self._client)
        self._link: OneTimeAccessToken | None = None
        self._ticket = ""
        self._password = ""

    def steps(self) -> list[Step]:
        """Return the calls in order: log in, share links, act as another user, set a new password, log out."""
        step, admin, user = self._step, self._sandbox.admin, self._sandbox.user
        credentials = {"username": admin.username, "password": admin.password}
        email = {"email": COLLEAGUE, "subject": "Dailies", "text": "Please have a look."}
        return [
            step(auth_api.LOGIN, self._logged_in, lambda: {"data": credentials}),
            step(auth_api.GET_ALL_ACCESS_TOKENS, self._listed, lambda: {"ordering": "expires", "limit": 20}),
            step(auth_api.GET_ACCESS_TOKEN, self._fetched, lambda: {"id": self._link_id()}),
            step(
                auth_api.SEND_ACCESS_TOKEN_EMAIL_NOTIFICATION,
                self._emailed,
                lambda: {"id": self._link_id(), "data": email},
            ),
            step(auth_api.DELETE_ACCESS_TOKEN, self._deleted, lambda: {"id": self._link_id()}),
            step(auth_api.CREATE_AUTH_TICKET, self._got_ticket),
            step(auth_api.CHECK_AUTH_TICKET, self._redeemed, lambda: {"data": {"ticket": self._ticket}}),
            step(
                auth_api.START_IMPERSONATION,
                lambda _: f"acting as {self._check_identity(user)}",
                lambda: {"data": {"user": user.id}},
            ),
            step(auth_api.STOP_IMPERSONATION, lambda _: f"acting as {self._check_identity(admin)} again"),
            step(auth_api.GENERATE_PASSWORD, self._got_password),
            step(auth_api.RESET_PASSWORD, self._can_log_in, lambda: {"data": self._new_password()}),
            step(auth_api.LOGOUT, self._logged_out),
        ]

    def _step(
        self, operation: Operation, check: Callable[[Any], str], arguments: Callable[[], dict[str, Any]] = dict
    ) -> Step:
        return Step(operation, lambda: self._client.call_with_http_info(operation, Opaque(arguments()), {}), check)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _logged_in(self, response: AuthLoginEndpointResponse) -> str:
        user = response.user
        _check(user is not None and user.id == self._sandbox.admin.id, "the administrator")
        return f"logged in as {user and user.display_name}"

    def _listed(self, links: list[OneTimeAccessToken]) -> str:
        _check(len(links) == 20, "20 share links")
        self._link = links[-1]
        return f"{len(links)} share links"

    def _link_id(self) -> int:
        if self._link is None:
            raise UnexpectedOutcome("expected a share link from the list")
        return self._link.id

    def _fetched(self, link: OneTimeAccessToken) -> str:
        _check(link == self._link, "the share link of the list")
        return f"leads to {link.url}"

    def _emailed(self, _: object) -> str:
        _check(any(email.to == [COLLEAGUE] for email in self._sandbox.outbox), "an e-mail in the outbox")
        return f"sent to {COLLEAGUE}"

    def _deleted(self, _: object) -> str:
        try:
            self._auth.get_access_token(self._link_id())
        except NotFoundException:
            return "gone, and no longer to be found"
        raise UnexpectedOutcome("expected that the share link is gone")

    def _got_ticket(self, ticket: Any) -> str:
        self._ticket = ticket.ticket
        return f"a ticket of {len(self._ticket)} characters"

    def _redeemed(self, owner: ElementsUserDetail) -> str:
        _check(owner.id == self._sandbox.admin.id, "the administrator")
        return f"it is {owner.display_name}'s"

    def _check_identity(self, account: Account) -> str:
        """Ask the server, by ticket, which user the session acts as."""
        owner = self._auth.check_auth_ticket(self._auth.create_auth_ticket())
        _check(owner.id == account.id, f"to be {account.username}")
        return owner.username

    def _got_password(self, proposal: Any) -> str:
        self._password = proposal.password
        return f"a password of {len(self._password)} characters"

    def _new_password(self) -> dict[str, str]:
        token = self._sandbox.password_reset_token(self._sandbox.user.username)
        return {"token": token, "password": self._password}

    def _can_log_in(self, _: object) -> str:
        account = self._sandbox.user
        with ApiClient(Configuration(host=self._sandbox.host)) as client:
            user = auth_api.AuthApi(client).login({"username": account.username, "password": self._password}).user
        _check(user is not None and user.id == account.id, "the new password to be good")
        return f"{account.username} can log in with the new password"

    def _logged_out(self, _: object) -> str:
        try:
            self._auth.create_auth_ticket()
        except UnauthorizedException:
            return "nobody any more"
        raise UnexpectedOutcome("expected to be logged out")


def show(steps: list[Step], console: Console) -> tuple[int, int]:
    """Make the calls, print a row for each (on a narrow terminal three lines), and return how many succeeded of all."""
    table = Table(box=SIMPLE)
    lines: list[str] = []
    for column in ("method", "HTTP request", "status", "result"):
        table.add_column(column, overflow="fold")
    table.add_column("ms", justify="right")
    succeeded: set[str] = set()
    for step in steps:
        status, result, milliseconds = _outcome(step)
        if status.isdigit():
            succeeded.add(step.operation.name)
        request = f"{step.operation.method} {step.operation.path}"
        table.add_row(step.operation.name, request, status, result, f"{milliseconds:.1f}")
        lines += [f"  {step.operation.name:38} {status:6} {milliseconds:8.1f} ms", f"    {request}", f"    {result}"]
    if (
        not console.is_terminal
        or console.measure(table, options=console.options.update(max_width=1000)).maximum <= console.width
    ):
        console.print(table)
    else:
        console.print("\n".join(lines), markup=False)
    return len(succeeded), len(auth_api.OPERATIONS)


def introduce(sandbox: Sandbox, console: Console) -> None:
    """Print the address of the sandbox, its accounts, and a program to start from."""
    console.print(f"The sandbox is running at {sandbox.host} until you press Ctrl-C.\n")
    rows = [("account", "id", "password", "API token")]
    rows += [(account.username, str(account.id), account.password, account.api_token) for account in sandbox.accounts]
    for name, number, password, token in rows:  # no table: it would cut what is to be copied
        console.print(f"  {name:14} {number:3} {password:22} {token}", soft_wrap=True)
    secret = sandbox.otp_user.otp_secret
    console.print(f"\nOne-time codes of otp_user come from the secret {secret}")
    console.print(f"and the one of this moment is {sandbox.otp_user.otp()}.")
    exports = f"export ELEMENTS_HOST={sandbox.host}\nexport ELEMENTS_API_TOKEN={sandbox.user.api_token}"
    snippet = f"""\
import elements_sdk

configuration = elements_sdk.Configuration(host="{sandbox.host}", api_key={{"Bearer": "{sandbox.user.api_token}"}})
with elements_sdk.ApiClient(configuration) as client:
    print(elements_sdk.AuthApi(client).get_all_access_tokens(limit=3))
"""
    if sandbox.ca_file:
        exports += f"\nexport ELEMENTS_CA_FILE={shlex.quote(sandbox.ca_file)}"
        snippet = snippet.replace("with ", f"configuration.ssl_ca_cert = {sandbox.ca_file!r}\nwith ", 1)
    for title, text in (("a shell", f"{exports}\n"), ("Python", snippet)):
        console.print(f"\nTo paste into {title}:\n\n{text}", markup=False, highlight=False, soft_wrap=True, end="")


def _outcome(step: Step) -> tuple[str, str, float]:
    """Make a call, and return its status, a description of the result, and milliseconds; a failure has no number."""
    started = time.perf_counter()
    milliseconds = 0.0
    try:
        response = step.call()
        milliseconds = (time.perf_counter() - started) * 1000
        return str(response.status_code), step.check(response.data), milliseconds
    except OpenApiException as error:
        return "failed", str(error), milliseconds or (time.perf_counter() - started) * 1000


def _check(is_so: bool, what: str) -> None:
    if not is_so:
        raise UnexpectedOutcome(f"expected {what}")
