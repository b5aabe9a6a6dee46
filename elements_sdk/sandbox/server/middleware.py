"""What every request passes through, and what every body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

USER = "elements.user"


def note_user(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Note for the record of requests which user the views authenticated."""

    def noting(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        request.META[USER] = request.user.get_username() or None
        return response

    return noting


def refuse_other_hosts(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a request for a host name that the sandbox does not go by, and say what to do."""

    def checking(request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            start = "`Sandbox(hosts=[NAME])` or `elements-sdk sandbox --host-name NAME`"
            detail = f"The sandbox does not go by the name in this request's Host header; start it with {start}."
            return JsonResponse({"detail": detail}, status=400)
        return get_response(request)

    return checking


class ShallowJSONParser(JSONParser):
    """JSON, and a 400 rather than a 500 where it is nested too deeply."""

    def parse(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().parse(*arguments, **options)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply") from None
