"""What certificates say: for whom they are, and until when. For `doctor` at both ends."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from socket import create_connection

from cryptography import x509

from edge.errors import BrokerUnreachable, SettingsInvalid
from edge.mqtt.credentials import tls_context
from edge.mqtt.settings import MqttSettings

SOON_DAYS = 30
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """names : hosts and addresses that it is for; none in an authority's."""

    subject: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime

    @property
    def days_left(self) -> int:
        return (self.ends - datetime.now(UTC)).days

    @property
    def problem(self) -> str:
        """Empty where all is well. `doctor` warns of what ends within a month."""
        now = datetime.now(UTC)
        if now < self.begins:
            return f"{self.subject} holds from {self.begins:%Y-%m-%d} on: is the clock right?"
        if now >= self.ends:
            return f"{self.subject} ended on {self.ends:%Y-%m-%d}"
        return ""


def read(path: Path) -> tuple[Certificate, ...]:
    """All certificates of a PEM file.

    Raises
    ------
    SettingsInvalid : missing, unreadable, or none in it.
    """
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsInvalid(
            f"The certificate {path} cannot be read: {error}.", "Check the file and its rights."
        ) from error
    return tuple(_told(each) for each in found)


def of_broker(mqtt: MqttSettings) -> Certificate:
    """The one that the broker shows, once it is believed.

    Raises
    ------
    BrokerUnreachable : nobody answers, or it is not believed.
    """
    try:
        with (
            create_connection((mqtt.host, mqtt.port), _TIMEOUT_S) as plain,
            tls_context(mqtt).wrap_socket(plain, server_hostname=mqtt.host) as secure,
        ):
            shown = secure.getpeercert(binary_form=True) or b""
    except (OSError, ssl.SSLError) as error:
        raise BrokerUnreachable(f"No TLS with {mqtt.address}: {error}.") from error
    return _told(x509.load_der_x509_certificate(shown))


def worst(certificates: Iterable[Certificate]) -> tuple[str, int]:
    """The first problem, or "", and how many days the shortest-lived is still good for."""
    every = list(certificates)
    problems = [each.problem for each in every if each.problem]
    return (problems[0] if problems else ""), min(each.days_left for each in every)


def _told(certificate: x509.Certificate) -> Certificate:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        said = [*names.get_values_for_type(x509.DNSName),
                *map(str, names.get_values_for_type(x509.IPAddress))]  # fmt: skip
    except x509.ExtensionNotFound:
        said = []
    return Certificate(
        certificate.subject.rfc4514_string(),
        tuple(said),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )
