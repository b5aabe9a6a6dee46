"""The settings of the Django project; its tables are made here too."""

from __future__ import annotations

import secrets
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from elements_sdk.sandbox.server.options import Options

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
    "DEFAULT_PARSER_CLASSES": ["elements_sdk.sandbox.server.parsers.ShallowJSONParser"],
    "URL_FORMAT_OVERRIDE": None,  # else `?format=` answers 404
}


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
