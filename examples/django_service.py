"""A Django view that lists the share links that never expire, in one file.

Set `ELEMENTS_HOST` and `ELEMENTS_API_TOKEN_FILE`, `pip install django`, and in this folder run
`python django_service.py runserver --noreload`. One client serves all threads. Who may call this service is for you to
add.
"""

import os
import sys
from functools import cache

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, JsonResponse
from django.urls import path

from elements_sdk import ApiClient, ApiException, AuthApi, Configuration

settings.configure(
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.environ.get("DJANGO_SECRET_KEY") or os.urandom(32).hex(),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
)
django.setup()


@cache
def auth() -> AuthApi:
    """Return the calls of this process, all made over one client."""
    return AuthApi(ApiClient(Configuration.from_env()))


def endless(_request: HttpRequest) -> JsonResponse:
    """Answer with the numbers of the links that never expire; not with the links, which are secret."""
    try:
        return JsonResponse({"links": [link.id for link in auth().iter_access_tokens() if link.expires is None]})
    except ApiException:
        return JsonResponse({"detail": "The media server could not be asked."}, status=502)


urlpatterns = [path("links/endless", endless)]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
