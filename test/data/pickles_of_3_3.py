"""Pickles as a program for the 3.3 client leaves them behind. It is run with that client, never with this one.

    python -m venv /tmp/client-3.3 && /tmp/client-3.3/bin/pip install elements-sdk==3.3.2
    TZ=CET-1CEST /tmp/client-3.3/bin/python -I test/data/pickles_of_3_3.py > test/data/pickles_of_3_3.json
"""

import json
import pickle
from base64 import b64encode
from types import SimpleNamespace

import elements_sdk

USER = {"id": 7, "username": "uma", "email": None, "is_external": False}
TOKEN = {
    "id": 9,
    "activity": [{"id": 3, "date": "2026-03-01T10:11:12.123456Z", "ip": "192.0.2.1", "token": 9}],
    "user": USER,
    "url": "/media/9",
    "token": "a-token",
    "expires": "2026-12-01T00:00:00+01:00",
    "brand_new": [1],
}
DETAIL = {"id": 7, "username": "uma", "permissions": ["a"], "groups": [1], "ldap": {"id": 1, "name": "Directory"}}


def read(value, kind):
    """Return what the client reads of an answer."""
    return elements_sdk.ApiClient().deserialize(SimpleNamespace(data=json.dumps(value)), kind)


def objects():
    """Yield each object with its name."""
    yield "token", read(TOKEN, "OneTimeAccessToken")
    yield "tokens", read([TOKEN, {**TOKEN, "id": 10, "expires": None}], "list[OneTimeAccessToken]")
    yield "user", read(DETAIL, "ElementsUserDetail")
    noted = elements_sdk.Ticket(ticket="t")
    noted.note = "an attribute of one's own"
    yield "ticket", noted
    lenient = elements_sdk.Configuration(host="https://storage.example.com/", api_key={"Authorization": "a-key"})
    lenient.client_side_validation = False
    lenient.verify_ssl = False
    lenient.retries = 4
    lenient.logger_format = "%(message)s"
    lenient.debug = True
    yield "configuration", lenient
    yield "default_configuration", elements_sdk.Configuration()
    yield "unchecked_ticket", elements_sdk.Ticket(ticket="", local_vars_configuration=lenient)


def main():
    """Print each object in every protocol, as base64 in JSON."""
    assert elements_sdk.__version__ == "3.3.2"
    written = {name: [b64encode(pickle.dumps(value, number)).decode() for number in range(6)] for name, value in objects()}
    print(json.dumps(written, indent=1))


main()
