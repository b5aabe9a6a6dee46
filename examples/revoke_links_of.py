"""Revoke all share links of a user who has left: those they made, and those that act in their name.

Set `ELEMENTS_HOST` and `ELEMENTS_API_TOKEN_FILE` (the token of a user with `system:admin-access`), and:

    python examples/revoke_links_of.py 56                      # says what it would do
    python examples/revoke_links_of.py 56 --yes > revoked.csv  # does it

The record has a line for each link: what became of it, and why, if it is still there. Ctrl-C starts no more calls;
those under way are in the record, too. It ends with 1 if a link is still there.
"""

import argparse
import csv
import sys

from elements_sdk import ApiClient, AuthApi, Configuration, NotFoundException
from elements_sdk.bulk import Outcome, map_calls


def revoke(auth: AuthApi, numbers: list[int]) -> int:
    """Delete links, record the outcome of each, and return the number of those that are still there."""
    record = csv.writer(sys.stdout)
    record.writerow(["link", "outcome", "reason"])

    def note(outcome: Outcome[int, object]) -> bool:
        is_gone = outcome.ok or isinstance(outcome.error, NotFoundException)  # somebody else was faster
        record.writerow([outcome.item, "revoked" if is_gone else "still there", "" if is_gone else outcome.error])
        return is_gone

    bulk, gone = map_calls(auth.delete_access_token, numbers), 0
    try:
        for outcome in bulk:
            gone += note(outcome)
    except KeyboardInterrupt:
        bulk.stop()
        gone += sum(map(note, bulk))  # waits for the calls under way
    return len(numbers) - gone


def main() -> int:
    """Read the command line, do what it says, and return the exit code."""
    parser = argparse.ArgumentParser(description="Revoke all share links of a user who has left.")
    parser.add_argument("user", type=int, help="number of the user")
    parser.add_argument("--yes", action="store_true", help="revoke them, instead of saying what would be done")
    arguments = parser.parse_args()
    with ApiClient(Configuration.from_env()) as client:
        auth = AuthApi(client)
        made, used = auth.iter_access_tokens(created_by=arguments.user), auth.iter_access_tokens(user=arguments.user)
        numbers = sorted({link.id for pager in (made, used) for link in pager})
        left = revoke(auth, numbers) if arguments.yes else 0
    gone, verb = len(numbers) - left, "are" if arguments.yes else "would be"
    print(f"{gone} of {len(numbers)} links {verb} revoked", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
