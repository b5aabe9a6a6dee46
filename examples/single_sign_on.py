"""Single sign-on: a portal learns who somebody is, and hands them over to a review service by a ticket.

Set `ELEMENTS_HOST`, run `python examples/single_sign_on.py`, and open the address that it prints. The ticket goes over
in a form, not in an address, which histories and logs keep, and is good for one use. In production both are behind
https, and the review service, having checked the `Origin` of the form, begins a session of its own.
"""

import html
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.simple_server import make_server

from elements_sdk import ApiClient, ApiValueError, AuthApi, BadRequestException, Configuration, LoginFailed, Session

LOGIN = "<form method=post><input name=name><input name=password type=password><button>Log in</button></form>"
GO_ON = "<form method=post action='{}'><input name=ticket type=hidden value='{}'><button>To the review</button></form>"


def portal(configuration: Configuration, review_address: str, fields: dict[str, str]) -> tuple[str, str]:
    """Ask for name and password, keep neither, and offer a ticket; return status and page."""
    if not {"name", "password"} <= fields.keys():
        return "200 OK", LOGIN
    try:
        with Session(configuration, fields["name"], fields["password"]) as session:
            ticket = session.auth.create_auth_ticket().ticket
    except LoginFailed as error:
        return "401 Unauthorized", html.escape(error.detail or "That did not work.") + LOGIN
    return "200 OK", GO_ON.format(review_address, html.escape(ticket))


def review(auth: AuthApi, fields: dict[str, str]) -> tuple[str, str]:
    """Let in whoever has a valid ticket of the server; return status and page."""
    try:
        user = auth.check_auth_ticket({"ticket": fields.get("ticket", "")})
    except (ApiValueError, BadRequestException):
        return "403 Forbidden", "Come by way of the portal."
    return "200 OK", f"Welcome to the review, {html.escape(user.display_name or '')}!"


def serve(pages: Callable[[dict[str, str]], tuple[str, str]], environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Read a form, and answer with a page that no browser keeps; with `pages` bound, a WSGI application."""
    form = environ["wsgi.input"].read(min(int(environ["CONTENT_LENGTH"] or 0), 10_000)).decode("utf-8", "replace")
    status, body = pages(dict(parse_qsl(form)))
    start(status, [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")])
    return [body.encode()]


if __name__ == "__main__":
    settings, new_server = Configuration.from_env(), partial(make_server, "127.0.0.1", 0)
    with ApiClient(settings) as client, new_server(partial(serve, partial(review, AuthApi(client)))) as review_server:
        threading.Thread(target=review_server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{review_server.server_port}"
        with new_server(partial(serve, partial(portal, settings, address))) as portal_server:
            print(f"http://127.0.0.1:{portal_server.server_port}", flush=True)
            portal_server.serve_forever()
