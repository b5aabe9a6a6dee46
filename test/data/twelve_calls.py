"""Makes the twelve calls with whichever `elements_sdk` is installed, and prints what came of each as JSON.

It runs on the clients of other releases, so it uses only what all of them have.
"""

import json
import re
import sys
from functools import partial

import elements_sdk as e

given = json.loads(sys.argv[1])


def auth_of(token=None):
    """Return the calls of a new client."""
    configuration = e.Configuration(host=given["host"])
    if token:
        configuration.api_key["Bearer"] = token
        configuration.api_key_prefix["Bearer"] = "Bearer"
    client = e.ApiClient(configuration)
    if token:
        client.set_default_header("Authorization", "Bearer " + token)
    from elements_sdk.api.auth_api import AuthApi

    return AuthApi(client)


def session():
    """Log in by hand; these clients keep no cookies."""
    auth = auth_of()
    credentials = model("auth_login_endpoint_request", "AuthLoginEndpointRequest")
    body = credentials(username=given["username"], password=given["password"])
    login = getattr(auth, "login_with_http_info", None) or partial(auth.login, _return_http_data_only=False)
    _, _, headers = login(body)
    pairs = dict(re.findall(r"\b(sessionid|csrftoken)=([^;]+)", headers["Set-Cookie"]))
    auth.api_client.cookie = "; ".join(map("=".join, pairs.items()))
    auth.api_client.set_default_header("X-CSRFToken", pairs["csrftoken"])
    return auth


def model(module, name):
    """Return a model, wherever the release has it."""
    return getattr(e, name, None) or getattr(__import__("elements_sdk.model." + module, fromlist=[name]), name)


auth, state = auth_of(given["token"]), {}
calls = {
    "create_auth_ticket": lambda: state.update(ticket=auth.create_auth_ticket()),
    "check_auth_ticket": lambda: auth.check_auth_ticket(model("ticket", "Ticket")(ticket=state["ticket"].ticket)),
    "get_all_access_tokens": lambda: auth.get_all_access_tokens(limit=2),
    "get_access_token": lambda: auth.get_access_token(given["link"]),
    "send_access_token_email_notification": lambda: auth.send_access_token_email_notification(
        given["link"], model("send_link_email_request", "SendLinkEmailRequest")(email="ada@example.com")
    ),
    "delete_access_token": lambda: auth.delete_access_token(given["link"]),
    "generate_password": lambda: auth.generate_password(),
    "reset_password": lambda: auth_of().reset_password(
        model("password_reset_endpoint_request", "PasswordResetEndpointRequest")(
            token=given["reset"], password="Lantern-4471-x"
        )
    ),
    "login": lambda: state.update(session=session()),
    "start_impersonation": lambda: state["session"].start_impersonation(
        model("impersonation_endpoint_request", "ImpersonationEndpointRequest")(user=given["user"])
    ),
    "stop_impersonation": lambda: state["session"].stop_impersonation(),
    "logout": lambda: state["session"].logout(),
}
outcomes = {}
for name, call in calls.items():
    try:
        call()
        outcomes[name] = "ok"
    except Exception as error:
        outcomes[name] = type(error).__name__ + ": " + str(error)[:400]
print(json.dumps(outcomes))
