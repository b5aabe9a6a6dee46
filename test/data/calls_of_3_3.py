"""The same program for the 3.3 client and for this one: calls, their outcomes, and the public names.

Run as `python calls_of_3_3.py HOST`; it prints JSON. It is written for both clients, and uses only what both have.
"""

import json
import pickle
import sys
import weakref
from unittest.mock import Mock

import elements_sdk
from elements_sdk import exceptions, rest
from elements_sdk.rest import ApiException

MODELS = """Ticket AuthLoginEndpointRequest AuthLoginEndpointResponse PasswordResetEndpointRequest
GeneratePasswordEndpointResponse ImpersonationEndpointRequest SendLinkEmailRequest OneTimeAccessToken
OneTimeAccessTokenActivity OneTimeAccessTokenSharedObject ElementsUserMini ElementsUserDetail ClientSession
LDAPServer""".split()
AUTH_CALLS = """check_auth_ticket create_auth_ticket delete_access_token generate_password get_access_token
get_all_access_tokens login logout reset_password send_access_token_email_notification start_impersonation
stop_impersonation""".split()


class Noted(elements_sdk.Ticket):
    """A model of a user's own."""

    note = "mine"


def asked(*, mock, name, **given):
    """Return what `call_api` is asked by a call, where it is overridden, or the whole client is a mock."""
    seen = []

    class Guard(elements_sdk.ApiClient):
        def call_api(self, *args, **kwargs):
            seen.append([args, {key: kwargs[key] for key in sorted(kwargs)}])
            return "mine"

    with Guard() as guard:
        client = guard
        if mock:
            client = Mock(select_header_accept=guard.select_header_accept)
            client.select_header_content_type = guard.select_header_content_type
            client.call_api = guard.call_api
        auth = elements_sdk.AuthApi(client)
        return [getattr(auth, name)(**given), getattr(auth, name + "_with_http_info")(**given), seen]


def passed_on(client, refused):
    """Return a call of a client that lets calls through, but for those by a method that is refused."""

    class Guard(elements_sdk.ApiClient):
        def call_api(self, path, method, *args, **kwargs):
            if method == refused:
                raise TypeError(method)
            kwargs["auth_settings"] = []
            return super().call_api(path, method, *args, **kwargs)

    with Guard(client.configuration, "X-Call", "passed on") as guard:
        return elements_sdk.AuthApi(guard).get_access_token(9).to_dict()


def calls(auth):
    """Yield each call with its name."""
    e = elements_sdk
    client = auth.api_client
    ticket = e.Ticket(ticket="t/1")
    login = e.AuthLoginEndpointRequest(username="u", password="p\u00e4ss", otp="123")
    reset = e.PasswordResetEndpointRequest("reset", "new")
    email = e.SendLinkEmailRequest(email="a@example.com", subject="S")
    user = e.ElementsUserMini(username="u")
    token = e.OneTimeAccessToken(user=user, url="/x", token="t")
    yield "check_auth_ticket", lambda: auth.check_auth_ticket(ticket)
    yield "check_auth_ticket dict", lambda: auth.check_auth_ticket({"ticket": "t"})
    yield "create_auth_ticket", lambda: auth.create_auth_ticket()
    yield "delete_access_token", lambda: auth.delete_access_token(7)
    yield "generate_password", lambda: auth.generate_password()
    yield "get_access_token", lambda: auth.get_access_token(9)
    yield "get_access_token text", lambda: auth.get_access_token("a b/c?d")
    yield "get_access_token keyword", lambda: auth.get_access_token(id=9)
    yield "get_all_access_tokens", lambda: auth.get_all_access_tokens()
    yield "get_all_access_tokens filters", lambda: auth.get_all_access_tokens(
        shared_bundles="1", shared_directories=2, shared_bundles__asset="3", user="4", created_by=5,
        ordering="-id, \u00e4&", limit=6, offset=0,
    )
    yield "get_all_access_tokens nones", lambda: auth.get_all_access_tokens(user=None, limit=3)
    yield "login", lambda: auth.login(login)
    yield "login dict", lambda: auth.login({"username": "u", "password": "p", "otp": None})
    yield "unknown key", lambda: auth.send_access_token_email_notification(7, {"emial": "a@example.com"})
    yield "logout", lambda: auth.logout()
    yield "reset_password", lambda: auth.reset_password(reset)
    yield "send_email", lambda: auth.send_access_token_email_notification(7, email)
    yield "send_email empty", lambda: auth.send_access_token_email_notification(7, e.SendLinkEmailRequest())
    yield "start_impersonation", lambda: auth.start_impersonation(e.ImpersonationEndpointRequest(user=3))
    yield "start_impersonation text", lambda: auth.start_impersonation(data=e.ImpersonationEndpointRequest("3"))
    yield "stop_impersonation", lambda: auth.stop_impersonation()
    yield "with_http_info", lambda: auth.create_auth_ticket_with_http_info()[:2]
    yield "with_http_info data only", lambda: auth.create_auth_ticket_with_http_info(_return_http_data_only=True)
    yield "plain, not data only", lambda: auth.create_auth_ticket(_return_http_data_only=False)
    yield "async", lambda: auth.get_access_token(9, async_req=True).get()
    yield "raw", lambda: auth.create_auth_ticket(_preload_content=False).data.decode()
    yield "raw variant", lambda: auth.create_auth_ticket_with_http_info(_preload_content=False)[1]
    yield "raw call_api", lambda: client.call_api("/api/2/x", "GET", _preload_content=False)[1]
    yield "read as a class", lambda: client.call_api("/api/2/auth/ticket", "POST", response_type=e.Ticket)[0].to_dict()
    yield "time limit", lambda: auth.create_auth_ticket(_request_timeout=5)
    yield "time limits", lambda: auth.create_auth_ticket(_request_timeout=(5, 5))
    yield "not found", lambda: auth.get_access_token(404)
    yield "server error", lambda: auth.get_access_token(500)
    yield "missing id", lambda: auth.get_access_token(None)
    yield "missing data", lambda: auth.login(None)
    yield "unknown keyword", lambda: auth.logout(zz=1)
    yield "invalid model", lambda: e.Ticket(ticket="")
    yield "missing property", lambda: e.Ticket()
    yield "invalid enum", lambda: e.ElementsUserDetail(language="xx", permissions=[], username="u", groups=[])
    yield "too long", lambda: e.ElementsUserMini(username="u" * 256)
    yield "equality", lambda: [ticket == e.Ticket(ticket="t/1"), ticket != e.Ticket(ticket="t"), token == token]
    yield "to_dict", lambda: [token.to_dict(), email.to_dict()]
    yield "types", lambda: [e.OneTimeAccessToken.openapi_types, token.attribute_map]
    yield "call_api", lambda: client.call_api(
        "/api/2/{a}/{b}", "PUT", path_params={"a": "x y", "b": 1}, query_params=[("q", [1, 2]), ("r", "s")],
        header_params={"Content-Type": "application/json"}, body={"a": token, "b": [email]}, response_type="object",
        auth_settings=["Bearer"], collection_formats={"q": "multi"}, _return_http_data_only=True,
    )
    yield "call_api form", lambda: client.call_api(
        "/api/2/form", "POST", header_params={"Content-Type": "application/x-www-form-urlencoded"},
        post_params=[("a", "1 2"), ("b", "\u00e4")], response_type="object", _return_http_data_only=True,
    )
    yield "sanitize", lambda: client.sanitize_for_serialization({"a": (1, None), "t": ticket, "l": [email]})
    yield "accept", lambda: [client.select_header_accept(["a/b", "application/json"]), client.select_header_accept(["a/b"])]
    yield "content type", lambda: [client.select_header_content_type([]), client.select_header_content_type(["a/b"])]
    yield "tuples", lambda: client.parameters_to_tuples({"a": [1, 2], "b": 3}, {"a": "csv"})
    yield "basic", lambda: client.configuration.get_basic_auth_token()
    yield "auth settings", lambda: client.configuration.auth_settings()
    given = {name: {"id": 7} for name in ("get_access_token", "delete_access_token")}
    given.update(check_auth_ticket={"data": ticket}, login={"data": login}, reset_password={"data": reset})
    given.update(send_access_token_email_notification={"id": 7, "data": email})
    given.update(start_impersonation={"data": e.ImpersonationEndpointRequest(user=3)})
    given.update(get_all_access_tokens={"limit": 3, "user": "4", "ordering": None})
    for name in AUTH_CALLS:
        for mock in (False, True):
            yield f"asked {name} {mock}", lambda name=name, mock=mock: asked(mock=mock, name=name, **given.get(name, {}))
    yield "passed on", lambda: passed_on(client, refused="DELETE")
    yield "refused by an override", lambda: passed_on(client, refused="GET")
    yield "derived model", lambda: [Noted(ticket="t").to_dict(), Noted(ticket="t").note, Noted("t").openapi_types]
    yield "derived model as body", lambda: auth.check_auth_ticket(Noted(ticket="n"))
    yield "pickles", lambda: [pickle.loads(pickle.dumps(model)) == model for model in (ticket, token, email)]
    yield "pickle of a derived model", lambda: pickle.loads(pickle.dumps(Noted(ticket="t"))).to_dict()
    yield "weak reference", lambda: weakref.ref(ticket)() is ticket
    yield "keywords", lambda: [
        getattr(e.Configuration(host="http://h", username="u", password="p", discard_unknown_keys=True), name)
        for name in ("host", "username", "password", "discard_unknown_keys", "api_key", "api_key_prefix")
    ]
    yield "positions", lambda: [e.Configuration("http://h", {"a": "b"}, {"a": "c"}, "u", "p").username]
    yield "response types", lambda: client.call_api("/api/2/auth/access-tokens", "GET", response_type="list[object]")[1]
    yield "rest client", lambda: rest.RESTClientObject(client.configuration).GET(
        client.configuration.host + "/api/2/x", headers={"X-Call": "rest client"}, query_params=[("a", 1)]
    ).data
    yield "exception", lambda: [ApiException(status=1, reason="r").status, ApiException(status=1, reason="r").body]


def outcome(client, call):
    """Return the result as plain values, or the exception as an `except` clause sees it."""
    try:
        result = call()
        return json.loads(json.dumps(client.sanitize_for_serialization(result)))
    except Exception as error:
        kinds = ("ApiException", "ApiTypeError", "ApiValueError", "TypeError", "ValueError")
        names = [kind.__name__ for kind in type(error).__mro__]
        return ["raised", [kind for kind in kinds if kind in names], getattr(error, "status", None)]


def public(*owners):
    """Return the public names of classes, instances and modules."""
    return sorted({name for owner in owners for name in dir(owner) if not name.startswith("_") and name != "six"})


def main():
    """Make the calls and print their outcomes."""
    configuration = elements_sdk.Configuration(host=sys.argv[1], username="u", password="p")
    configuration.api_key["Authorization"] = "KEY"
    configuration.api_key_prefix["Authorization"] = "Bearer"
    outcomes = {}
    with elements_sdk.ApiClient(configuration) as client:
        auth = elements_sdk.AuthApi(client)
        for name, call in calls(auth):
            client.set_default_header("X-Call", name.encode("ascii", "replace").decode())
            outcomes[name] = outcome(client, call)
        names = {
            "Configuration": public(configuration),
            "ApiClient": public(client),
            "AuthApi": public(auth),
            "exceptions": public(exceptions),
            "RESTClientObject": public(rest.RESTClientObject),
            "RESTResponse": public(rest.RESTResponse),
            **{name: public(getattr(elements_sdk, name)) for name in MODELS},
        }
    print(json.dumps({"version": elements_sdk.__version__, "outcomes": outcomes, "names": names}))


main()
