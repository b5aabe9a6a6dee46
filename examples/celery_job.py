"""A Celery job that e-mails a share link. It is retried only where that cannot send the e-mail twice.

Set `ELEMENTS_HOST`, `ELEMENTS_API_TOKEN_FILE` and `CELERY_CONFIG_MODULE`, the name of a module with your `broker_url`.
`pip install celery`, and in this folder:

    celery -A celery_job worker
    python celery_job.py 56 ada@example.com

Only numbers and addresses go through the broker. The API token is in the workers' own environment.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from celery import Celery, Task

from elements_sdk import ApiClient, ApiException, AuthApi, Configuration, TooManyRequestsException

app = Celery("celery_job")
app.config_from_envvar("CELERY_CONFIG_MODULE")


@cache
def auth() -> AuthApi:
    """Return the calls of this worker, all made over one client."""
    return AuthApi(ApiClient(Configuration.from_env()))


@app.task(bind=True, max_retries=5)
def email_link(self: Task[Any, None], number: int, address: str) -> None:
    """E-mail a link.

    :raises ApiException: the server refused, or it is not known whether it has sent the e-mail: look before you retry.
    """
    try:
        auth().send_access_token_email_notification(number, {"email": address})
    except ApiException as error:
        if error.request_sent != "no" and not isinstance(error, TooManyRequestsException):
            raise
        wait = getattr(error, "retry_after", None) or 2**self.request.retries
        raise self.retry(exc=error, countdown=wait) from None


if __name__ == "__main__":
    print(email_link.delay(int(sys.argv[1]), sys.argv[2]).id)
