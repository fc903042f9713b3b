"""A small certificate authority of one site. Whoever has one of their own uses that instead."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
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


def certify_broker(authority: Path, target: Path, hosts: Collection[str]) -> None:
    """A certificate for the broker under all the names and addresses that stations call it by.

    authority : folder of `ca.pem` and `ca.key`. target : without `.pem` and `.key`.
    """
    issuer = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes())
    issuer_key = load_pem_private_key((authority / "ca.key").read_bytes(), None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise SettingsInvalid(f"{authority}/ca.key is not of this kind.", "Name the site's own.")
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
