"""TLS: whom a client trusts, how it identifies itself, and what to say when no connection can be made."""

from __future__ import annotations

import os
import ssl
import sys
from functools import partial
from typing import Any

from elements_sdk._utils.errors import Translated, problem_of_file
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import ApiValueError

_CLOCK = "or set this machine's clock"
_TRUST = "if you trust it, set Configuration.ssl_ca_cert to the file of its authority's certificate"
_OTHER_NAME = "set Configuration.host to a name in the certificate, or have it reissued with this one"

# OpenSSL's verification code -> what is wrong with the certificate, and what to do.
_CERTIFICATE_PROBLEMS = {
    9: f"is not valid yet: wait, {_CLOCK}",
    10: f"has expired, or its authority's has: renew it on the server, {_CLOCK}",
    18: f"is self-signed: {_TRUST}",
    19: f"comes from an authority that this client does not know: {_TRUST}",
    20: f"comes from an authority that this client does not know: {_TRUST}",
    21: f"cannot be traced to an authority, perhaps since the server leaves out an intermediate one: {_TRUST}",
    23: "has been revoked by its authority",
    62: f"is for another name: {_OTHER_NAME}",
    64: f"is not for this IP address: {_OTHER_NAME}",
}
_STRICT_CODES = range(77, 95)
_STRICTNESS = (
    "breaks a rule for certificates that Python 3.13 and newer insist on: have it reissued by an up-to-date authority, "
    "or set Configuration.ssl_context to a context without ssl.VERIFY_X509_STRICT"
)

_NO_TLS = "there is no TLS on this port: correct the port in {setting}, or switch TLS on there"
_OLD_TLS = "the server offers no TLS 1.2 or newer, and older versions are not safe"
_REFUSED_CLIENT = "the server does not accept the client certificate in Configuration.cert_file"

# Part of OpenSSL's reason -> what it means. The first that fits counts.
_TLS_PROBLEMS = (
    ("WRONG_VERSION_NUMBER", _NO_TLS),
    ("HTTP_REQUEST", _NO_TLS),
    ("UNSUPPORTED_PROTOCOL", _OLD_TLS),
    ("PROTOCOL_VERSION", _OLD_TLS),
    ("UNRECOGNIZED_NAME", "the server does not know the name in {setting}"),
    ("CERTIFICATE_REQUIRED", "the server wants a client certificate: set Configuration.cert_file and key_file"),
    (
        "ALERT_HANDSHAKE_FAILURE",
        "the server refused; perhaps it wants a client certificate: set Configuration.cert_file",
    ),
    ("ALERT_UNKNOWN_CA", _REFUSED_CLIENT),
    ("ALERT_BAD_CERTIFICATE", f"{_REFUSED_CLIENT}, or wants one"),
    ("ALERT_CERTIFICATE", _REFUSED_CLIENT),
    ("ALERT_DECRYPT_ERROR", _REFUSED_CLIENT),
)
_REFUSALS_OF_CLIENTS = tuple(part for part, message in _TLS_PROBLEMS if "client certificate" in message)


def concerns_tls(configuration: Configuration) -> bool:
    """Return whether TLS is spoken with the host, or anything is set for it, so that it can be checked."""
    names = ("ssl_context", "ssl_ca_cert", "ssl_ca_data", "cert_file", "key_file")
    return configuration.host.startswith("https:") or any(getattr(configuration, name) is not None for name in names)


def tls_context(configuration: Configuration, identifies: bool = True) -> ssl.SSLContext:
    """Make the context of a client's TLS connections: TLS 1.2 or newer, names and chains checked.

    :param identifies: whether the client certificate is shown to a server that asks for one.
    :raises ApiValueError: a file cannot be read or does not hold what it should, or settings contradict each other.
    """
    own = configuration.ssl_context
    if own is not None:
        _check_alone(configuration)
        return own
    context = _new_context(configuration)
    if configuration.verify_ssl:
        _load_authorities(context, configuration)
    else:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if identifies and (configuration.cert_file is not None or configuration.key_file is not None):
        _load_client_certificate(context, configuration)
    return context


def _new_context(configuration: Configuration) -> ssl.SSLContext:
    """Return a context that trusts nobody yet. That of urllib3 obeys `SSLKEYLOGFILE` whoever asks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
    context.hostname_checks_common_name = False
    context.post_handshake_auth = True  # a server may ask for the client certificate of some paths only
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    file = os.path.expandvars(os.environ.get("SSLKEYLOGFILE", "")) if configuration.trust_env else ""
    if file:
        with Translated(OSError, key_log_error):
            context.keylog_filename = file
    return context


def key_log_error(error: OSError) -> ApiValueError:
    """Return the exception for a file that `SSLKEYLOGFILE` names and that cannot be written."""
    return ApiValueError(
        f"SSLKEYLOGFILE: {error.filename} cannot be written ({error.strerror}): correct it, or unset it"
    )


def is_refusal(error: ssl.SSLError) -> bool:
    """Return whether the server has said that it takes no request from this client, so that it has acted on none."""
    return any(part in (error.reason or "") for part in _REFUSALS_OF_CLIENTS)


def describe(error: ssl.SSLError, netloc: str, setting: str) -> str:
    """Return in plain words why there is no trusted connection.

    :param netloc: name and port of the other side.
    :param setting: name of the setting that says where that is.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        code, message = error.verify_code, str(error.verify_message)
        problem = _STRICTNESS if code in _STRICT_CODES else _CERTIFICATE_PROBLEMS.get(code, "cannot be verified")
        return f"the certificate of {netloc} {problem} ({message.rstrip('.')})"
    reason = error.reason or ""
    known = next((message for part, message in _TLS_PROBLEMS if part in reason), "no secure connection could be made")
    return f"{netloc}: {known.format(setting=setting)} ({reason.replace('_', ' ').lower() or type(error).__name__})"


def _check_alone(configuration: Configuration) -> None:
    others = ("ssl_ca_cert", "ssl_ca_data", "cert_file", "key_file", "key_password", "assert_hostname")
    given = [name for name in others if getattr(configuration, name) is not None]
    given += [] if configuration.verify_ssl else ["verify_ssl"]
    if given:
        raise ApiValueError(
            f"ssl_context is used just as it is, so {', '.join(given)} must not be set as well: load it there"
        )


def _load_authorities(context: ssl.SSLContext, configuration: Configuration) -> None:
    """Trust what is given, else what the environment names, else certifi's collection."""
    own = ("ssl_ca_cert", "cafile", configuration.ssl_ca_cert), ("ssl_ca_data", "cadata", configuration.ssl_ca_data)
    variables = (("SSL_CERT_FILE", "cafile"), ("SSL_CERT_DIR", "capath")) if configuration.trust_env else ()
    named = [(name, kind, os.environ[name]) for name, kind in variables if os.environ.get(name)]
    trusted: list[tuple[str, str, Any]] = [source for source in own if source[2] is not None] or named
    for name, kind, value in trusted:
        with _loading(name):
            if kind == "cafile":
                open(value, "rb").close()  # OpenSSL does not say what is wrong with it
            context.load_verify_locations(**{kind: value or "no certificate"})
    if not trusted:
        import certifi  # loaded late, as it may not be needed

        context.load_verify_locations(cafile=certifi.where())


def _load_client_certificate(context: ssl.SSLContext, configuration: Configuration) -> None:
    file, key = configuration.cert_file, configuration.key_file
    for name, path in (("cert_file", file), ("key_file", key)):
        if path is not None:
            with _loading(name):
                open(path, "rb").close()
    if file is None:
        raise ApiValueError("key_file is set, and cert_file is not: set it to the certificate that goes with the key")
    with Translated((ssl.SSLError, ValueError), partial(_client_certificate_error, configuration, file)):
        # An empty password, where there is none, keeps OpenSSL from asking for one on the terminal.
        context.load_cert_chain(file, key, configuration.key_password or "")


def _client_certificate_error(configuration: Configuration, file: str, error: Exception) -> ApiValueError:
    key = configuration.key_file
    if not isinstance(error, ssl.SSLError):
        return ApiValueError("key_password is longer than a password can be")
    if error.reason == "KEY_VALUES_MISMATCH":
        return ApiValueError("key_file is not the key of the certificate in cert_file")
    with open(key or file, "rb") as opened:
        is_encrypted = b"ENCRYPTED" in opened.read()
    if is_encrypted:
        missing = "is missing" if configuration.key_password is None else "is not the right one"
        return ApiValueError(f"{'key_file' if key else 'cert_file'} holds an encrypted key, and key_password {missing}")
    return ApiValueError(
        f"cert_file{' and key_file do' if key else ' does'} not hold a certificate and its key in PEM form "
        f"({(error.reason or 'PEM lib').replace('_', ' ').lower()})"
    )


def _loading(name: str) -> Translated[Exception]:
    """Return the block that loads what a setting names; it is an `ApiValueError` that names the setting if it fails."""
    return Translated((OSError, ValueError, TypeError), partial(_file_error, name))


def _file_error(name: str, error: Exception) -> ApiValueError:
    if isinstance(error, ssl.SSLError | TypeError):
        return ApiValueError(f"{name} holds no certificate in PEM form")
    return ApiValueError(f"{name} cannot be read: {problem_of_file(error)}")
