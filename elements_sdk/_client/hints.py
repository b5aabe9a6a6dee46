"""What to do about a call that failed because of how the client was set up; the command line says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from elements_sdk._utils.urls import origin_of
from elements_sdk.exceptions import LoginFailed

if TYPE_CHECKING:
    from elements_sdk._http.messages import Request
    from elements_sdk.configuration import Configuration
    from elements_sdk.exceptions import ApiException

NOT_AUTHENTICATED = "Authentication credentials were not provided."  # of Django REST Framework
NOBODY = "nobody is calling: there is no API token and no login"
TOKEN_REFUSED = "check that the API token is complete and still valid"
_HOW = 'give Configuration api_key={"Bearer": ...}, or take Configuration.from_env(), or use a Session'
_NOT_SENT = 'call_api sends the API key only with auth_settings=["Bearer"]'
_FOR_SESSION = "username and password of a Configuration are for a Session: Session(configuration) logs in with them"
_ELSEWHERE = "no credentials of the client were sent there: give a header of your own"
_OTHER_KEY = "api_key has a key under a name that is not sent; did you mean 'Bearer'?"


def hint_for(error: ApiException, request: Request, configuration: Configuration) -> str | None:
    """Return what to do about a failed call, if the settings of the client tell."""
    if request.origin != origin_of(configuration.host):
        return told_elsewhere(error, request).hint
    if error.status in (404, 405):
        return _hint_about_path(request, configuration.host)
    is_unknown = error.status == 401 or (error.status == 403 and error.detail == NOT_AUTHENTICATED)
    if not is_unknown or isinstance(error, LoginFailed):
        return None
    sent = {name.lower() for name in request.headers}
    if "authorization" in sent:
        return TOKEN_REFUSED if configuration.has_api_key() else None
    if "cookie" in sent:
        return None
    if configuration.has_api_key():
        return f"{NOBODY}: {_NOT_SENT}"
    if any(configuration.api_key.values()):
        return f"{NOBODY}: {_OTHER_KEY}"
    return f"{NOBODY}: {_FOR_SESSION if configuration.username or configuration.password else _HOW}"


def told_elsewhere(error: ApiException, request: Request) -> ApiException:
    """Return the error of a call to an address that the caller has named, with what to do about it."""
    if error.status in (401, 403) and "authorization" not in {name.lower() for name in request.headers}:
        error.hint = _ELSEWHERE
    elif error.hint:
        error.hint = error.hint.replace("Configuration.host", "the address")
    return error


def _hint_about_path(request: Request, host: str) -> str | None:
    """Return what to do about a host that ends as the path of the call begins."""
    segments = request.path.split("/")
    beginnings = ("/".join(segments[:count]) for count in range(len(segments), 1, -1))
    twice = next((start for start in beginnings if start != "/" and host.rstrip("/").endswith(start)), None)
    if twice is None:
        return None
    meant = host.rstrip("/").removesuffix(twice)
    return f"Configuration.host ends in {twice}, which the path of the call begins with: should it be {meant}?"
