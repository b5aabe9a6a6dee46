"""The options of the sandbox, and the settings of the Django project; its tables are made here too."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

VALIDATORS = ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "NumericPasswordValidator")

DATABASE = {
    "ENGINE": "django.db.backends.sqlite3",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
    },
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "elements_sdk.sandbox.server.authentication.BearerAuthentication",
        "elements_sdk.sandbox.server.authentication.ImpersonatingSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["elements_sdk.sandbox.server.middleware.ShallowJSONParser"],
    "URL_FORMAT_OVERRIDE": None,  # else `?format=` answers 404
}


@dataclass(frozen=True)
class Options:
    """The arguments of `Sandbox`, checked."""

    port: int
    https: bool
    api_version: str
    paging: str
    max_limit: int | None
    tokens: int
    data: str | None
    hosts: list[str]

    def __post_init__(self) -> None:
        for name, allowed in (("api_version", ("3.3", "26.8", "26.5")), ("paging", ("plain", "envelope"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} must be one of {', '.join(allowed)}")
        if self.tokens < 0 or (self.max_limit is not None and self.max_limit < 1):
            raise ValueError("tokens must be 0 or more, max_limit 1 or more")
        for name in self.hosts:
            if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", name):
                raise ValueError(f"hosts must be names without scheme and port, as elements.test, not {name!r}")

    @property
    def is_newer(self) -> bool:
        """Whether responses have the format of 26.8, which is that of 26.5 as well."""
        return self.api_version != "3.3"


def configure(database: Path, options: Options) -> None:
    """Set Django up on this database, and make the tables that it lacks."""
    settings.configure(
        ELEMENTS=options,
        SESSION_COOKIE_SECURE=options.https,
        CSRF_COOKIE_SECURE=options.https,
        SECRET_KEY=secrets.token_hex(32),
        DEBUG=False,
        ALLOWED_HOSTS=["127.0.0.1", "localhost", *options.hosts],
        ROOT_URLCONF="elements_sdk.sandbox.server.urls",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "rest_framework",
            "elements_sdk.sandbox.server",
        ],
        MIGRATION_MODULES=dict.fromkeys(["auth", "contenttypes", "sessions"]),  # tables without migrations: faster
        MIDDLEWARE=[
            "elements_sdk.sandbox.server.middleware.refuse_other_hosts",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "elements_sdk.sandbox.server.middleware.note_user",
        ],
        DATABASES={"default": {**DATABASE, "NAME": database}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        AUTH_USER_MODEL="server.User",
        AUTH_PASSWORD_VALIDATORS=[{"NAME": f"django.contrib.auth.password_validation.{name}"} for name in VALIDATORS],
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # cheap: there is nothing to protect
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        DEFAULT_FROM_EMAIL="elements@sandbox.invalid",
        USE_TZ=True,
        TIME_ZONE="UTC",
        LOGGING_CONFIG=None,
        REST_FRAMEWORK=REST_FRAMEWORK,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
