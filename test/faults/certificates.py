"""Throw-away certificates for servers and clients, good ones and bad ones."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID


class Authority:
    """A private certificate authority; a client that trusts it needs `ca_pem`.

    :param key_identifier: whether its certificates name the key they are signed with.
    """

    def __init__(self, *, key_identifier: bool = True) -> None:
        self._ca = trustme.CA()
        self._key_identifier = key_identifier

    @property
    def ca_pem(self) -> str:
        return self._ca.cert_pem.bytes().decode("ascii")

    def ca_file(self, path: Path) -> Path:
        """Write `ca_pem` to a file."""
        path.write_text(self.ca_pem, encoding="ascii")
        return path

    def client_context(self) -> ssl.SSLContext:
        """Return the context of a client that trusts this authority and no other."""
        return ssl.create_default_context(cadata=self.ca_pem)

    def context_for(
        self,
        *names: str,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        minimum: ssl.TLSVersion | None = None,
        maximum: ssl.TLSVersion | None = None,
        client_ca: Authority | None = None,
    ) -> ssl.SSLContext:
        """Return the context of a server with these host names or addresses.

        :param client_ca: require a client certificate, of this authority.
        """
        context = _server_context(self._leaf(names, not_before, not_after))
        _limit(context, minimum, maximum)
        if client_ca is not None:
            context.load_verify_locations(cadata=client_ca.ca_pem)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def pem_for(self, *names: str) -> str:
        """Return a server's certificate and its key, for programs that take them as a file."""
        leaf = self._leaf(names)
        return "".join(pem.bytes().decode("ascii") for pem in (*leaf.cert_chain_pems, leaf.private_key_pem))

    def client_certificate(self, folder: Path, password: str | None = None) -> tuple[Path, Path]:
        """Write a client's certificate and its key, encrypted if there is a password; return the two files."""
        leaf = self._leaf(("client@example.org",))
        cert_file, key_file = folder / "client.pem", folder / "client-key.pem"
        cert_file.write_bytes(leaf.cert_chain_pems[0].bytes())
        key = load_pem_private_key(leaf.private_key_pem.bytes(), password=None)
        encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        return cert_file, key_file

    def _leaf(
        self, names: tuple[str, ...], not_before: datetime | None = None, not_after: datetime | None = None
    ) -> trustme.LeafCert:
        leaf = self._ca.issue_cert(*names, not_before=not_before, not_after=not_after)
        return leaf if self._key_identifier else self._without_key_identifier(leaf)

    def _without_key_identifier(self, leaf: trustme.LeafCert) -> trustme.LeafCert:
        complete = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
        builder = (
            x509.CertificateBuilder()
            .subject_name(complete.subject)
            .issuer_name(complete.issuer)
            .public_key(complete.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(complete.not_valid_before_utc)
            .not_valid_after(complete.not_valid_after_utc)
        )
        for extension in complete.extensions:
            if not isinstance(extension.value, x509.AuthorityKeyIdentifier):
                builder = builder.add_extension(extension.value, critical=extension.critical)
        key = load_pem_private_key(self._ca.private_key_pem.bytes(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        certificate = builder.sign(key, hashes.SHA256())
        return trustme.LeafCert(leaf.private_key_pem.bytes(), certificate.public_bytes(Encoding.PEM), [])


def ca_without_key_identifier() -> Authority:
    """Return an authority whose certificates lack the Authority Key Identifier.

    `VERIFY_X509_STRICT`, which is Python's default since 3.13, refuses them.
    """
    return Authority(key_identifier=False)


def self_signed_context(name: str = "localhost") -> ssl.SSLContext:
    """Return the context of a server whose certificate no authority has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return _server_context(trustme.LeafCert(key_pem, certificate.public_bytes(Encoding.PEM), []))


def _server_context(leaf: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    return context


def _limit(context: ssl.SSLContext, minimum: ssl.TLSVersion | None, maximum: ssl.TLSVersion | None) -> None:
    with warnings.catch_warnings():
        # A server of an old version is what a test may want.
        warnings.simplefilter("ignore", DeprecationWarning)
        if maximum is not None and maximum < ssl.TLSVersion.TLSv1_2:
            # OpenSSL 3 signs for TLS 1.0 and 1.1 at this level only.
            context.set_ciphers("DEFAULT@SECLEVEL=0")
            context.minimum_version = minimum or maximum
        if minimum is not None:
            context.minimum_version = minimum
        if maximum is not None:
            context.maximum_version = maximum
