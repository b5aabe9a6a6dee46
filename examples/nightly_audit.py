"""Nightly audit: e-mail the owners of share links that never expire, and ask whether they are still needed.

Set `ELEMENTS_HOST` and `ELEMENTS_API_TOKEN_FILE` (the token of a user with `system:admin-access`, who sees everybody's
links), and run `python examples/nightly_audit.py` from cron. Each owner gets one e-mail a link, with the link in it. It
prints what it did, and ends with 1 if an e-mail could not be sent.
"""

import sys
from collections.abc import Iterator

from elements_sdk import ApiClient, AuthApi, Configuration, OneTimeAccessToken, SendLinkEmailRequest
from elements_sdk.bulk import map_calls


def links_to_ask_about(auth: AuthApi) -> Iterator[OneTimeAccessToken]:
    """Yield the links that never expire and whose owner has an e-mail address."""
    for link in auth.iter_access_tokens():
        if link.expires is not None:
            continue
        if address_of_owner(link):
            yield link
        else:
            print(f"link {link.id}: nobody to write to")


def address_of_owner(link: OneTimeAccessToken) -> str | None:
    """Return the e-mail address of the user who made the link, or else of the user it acts for."""
    return (link.created_by and link.created_by.email) or link.user.email


def main() -> int:
    """Ask about all such links, and return the exit code."""
    with ApiClient(Configuration.from_env()) as client:
        auth = AuthApi(client)

        def ask(link: OneTimeAccessToken) -> None:
            subject = f"Is your share link {link.id} still needed?"
            text = f"It never expires, and was visited {len(link.activity or [])} times. If not, please delete it."
            message = SendLinkEmailRequest(email=address_of_owner(link), subject=subject, text=text)
            auth.send_access_token_email_notification(link.id, message)

        failed = 0
        for outcome in map_calls(ask, links_to_ask_about(auth), max_concurrency=4):
            failed += not outcome.ok
            print(f"link {outcome.item.id}: {'e-mail sent' if outcome.ok else outcome.error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
