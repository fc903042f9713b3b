"""What the certificates of a site say of themselves, as others read them (RFC 5280)."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from posture_tools.collector.site import authority

from edge.errors import SettingsInvalid


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_an_authority_signs_certificates_of_brokers_and_no_other_authority(tmp_path: Path) -> None:
    authority.make_authority(tmp_path, "north")
    made = certificate(tmp_path / "ca.pem")
    limits = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert limits.critical
    assert (limits.value.ca, limits.value.path_length) == (True, 0)
    usage = made.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    allowed = {name.removeprefix("_") for name, value in vars(usage.value).items() if value is True}
    assert allowed == {"digital_signature", "key_cert_sign", "crl_sign"}
    made.verify_directly_issued_by(made)


def test_a_broker_of_a_long_name_has_all_of_it_where_clients_look(tmp_path: Path) -> None:
    """A common name has 64 letters at most; who has a subject has no critical other names."""
    authority.make_authority(tmp_path, "north")
    long = "broker." + "a" * 60 + ".example"
    authority.certify_broker(tmp_path, tmp_path / "broker", [long, "192.0.2.7"])
    made = certificate(tmp_path / "broker.pem")
    [name] = made.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    assert name.value == long[:64]
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert not names.critical
    assert names.value.get_values_for_type(x509.DNSName) == [long]
    assert names.value.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("192.0.2.7")]
    made.verify_directly_issued_by(certificate(tmp_path / "ca.pem"))


@pytest.mark.parametrize("damaged", ["ca.pem", "broker.pem", "broker.key"])
def test_files_of_ones_own_are_read_before_anything_is_made_of_them(
    tmp_path: Path, damaged: str
) -> None:
    authority.make_authority(tmp_path, "north")
    authority.certify_broker(tmp_path, tmp_path / "broker", ["192.0.2.7"])
    own = [tmp_path / name for name in ("ca.pem", "broker.pem", "broker.key")]
    assert authority.read_own(*own) == tuple(path.read_bytes() for path in own)
    (tmp_path / damaged).write_bytes(b"nothing of the kind")
    with pytest.raises(SettingsInvalid, match=damaged):
        authority.read_own(*own)
