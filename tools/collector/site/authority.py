"""A small certificate authority of one site. Whoever has one of their own uses that instead."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.errors import SettingsInvalid
from edge.files import write_durably

_AUTHORITY_DAYS = 3650
_BROKER_DAYS = 825  # what clients accept of a server's certificate at most
_BEFORE = timedelta(days=1)  # a station's clock may be a little behind


# Of an authority, and of a broker that it certified: certificate, certificate and key, in PEM.
OwnFiles = tuple[bytes, bytes, bytes]


def make_authority(folder: Path, site: str, name: str = "ca") -> None:
    """`ca.pem` for everybody, `ca.key` for the operator. name : of the files."""
    key = ec.generate_private_key(ec.SECP256R1())
    # Two authorities of one name would be taken for one another.
    known_as = f"posture site {site} {datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, known_as)])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _begun(subject, subject, key.public_key(), _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / name, certificate, key)


def read_authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """What `make_authority` wrote.

    Raises
    ------
    SettingsInvalid : a file is missing, damaged or of another kind.
    """
    [issuer, *_] = _certificates(folder / "ca.pem", "Name the site's own.")
    key = _private_key(folder / "ca.key", "Name the site's own.")
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SettingsInvalid(f"{folder}/ca.key is not of this kind.", "Name the site's own.")
    return issuer, key


def read_own(ca: Path, certificate: Path, key: Path) -> OwnFiles:
    """The files of an operator's own authority and of a broker that it certified.

    Raises
    ------
    SettingsInvalid : one is no PEM of its kind, or the key is not the certificate's.
    """
    remedy = "Name the certificate's own files, in PEM."
    _certificates(ca, remedy)
    [own, *_] = _certificates(certificate, remedy)
    if own.public_key() != _private_key(key, remedy).public_key():
        raise SettingsInvalid(f"{key} is not the key of {certificate}.", remedy)
    return ca.read_bytes(), certificate.read_bytes(), key.read_bytes()


def _certificates(path: Path, remedy: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"{path} holds no certificate: {_why(error)}.", remedy) from error


def _private_key(path: Path, remedy: str) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: locked
        raise SettingsInvalid(f"{path} holds no open key: {_why(error)}.", remedy) from error


def _why(error: Exception) -> str:
    """cryptography explains itself at length, with the address of its manual."""
    return error.strerror or "" if isinstance(error, OSError) else str(error).partition(". ")[0]


def certify_broker(authority: Path, target: Path, hosts: Collection[str]) -> None:
    """A certificate for the broker under all the names and addresses that stations call it by.

    authority : folder of `ca.pem` and `ca.key`. target : without `.pem` and `.key`.

    Raises
    ------
    SettingsInvalid : the authority's files are not what `make_authority` wrote.
    """
    issuer, issuer_key = read_authority(authority)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, next(iter(hosts))[:64])])
    known = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _begun(name, issuer.subject, key.public_key(), _BROKER_DAYS)
        .add_extension(x509.SubjectAlternativeName([_named(host) for host in hosts]), False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known), False)
        .sign(issuer_key, hashes.SHA256())
    )
    _write(target, certificate, key)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=days))
    )


def _named(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(target: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_durably(target.with_suffix(".key"), private, mode=0o600)
    write_durably(target.with_suffix(".pem"), certificate.public_bytes(Encoding.PEM), mode=0o644)
