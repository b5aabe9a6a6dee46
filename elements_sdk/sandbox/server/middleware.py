"""What every request passes through."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

USER = "elements.user"


def note_user(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Note for the record of requests which user the views authenticated."""

    def noting(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        request.META[USER] = request.user.get_username() or None
        return response

    return noting
