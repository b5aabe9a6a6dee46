"""Password-reset tokens: Django's own, with the user's number before them."""

from __future__ import annotations

from django.contrib.auth.tokens import default_token_generator

from elements_sdk.sandbox.server.models import User, row_number


def make(user: User) -> str:
    """Make a token. It is no longer valid once the password is set, or after the next login."""
    return f"{user.pk}.{default_token_generator.make_token(user)}"


def owner(token: str) -> User | None:
    """Return the user whom a valid token belongs to."""
    number, _, proof = token.partition(".")
    user = User.objects.filter(pk=row_number(number)).first()
    return user if user is not None and default_token_generator.check_token(user, proof) else None
