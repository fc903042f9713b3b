"""TLS to a real mosquitto: whom the station trusts, and whom the broker does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from simulators.certificates import Authority
from simulators.mosquitto import HOST, Mosquitto

from edge.errors import BrokerRefused, BrokerUnreachable, SettingsInvalid
from edge.mqtt.probe import probe_broker
from edge.mqtt.settings import MqttSettings

pytestmark = pytest.mark.broker

StartBroker = Callable[..., Mosquitto]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture
def broker(tmp_path: Path, mosquitto: str, authority: Authority) -> Iterator[StartBroker]:
    """Starts a broker whose certificate is for `name`; lines go into its configuration."""
    running: list[Mosquitto] = []

    def start(*lines: str, name: str = HOST, late: bool = False) -> Mosquitto:
        certificate, key = authority.certify(name, server=True, late=late)
        listener = (f"certfile {certificate}", f"keyfile {key}", f"cafile {authority.ca_file}")
        running.append(Mosquitto(mosquitto, tmp_path / "broker", *listener, *lines))
        running[-1].start()
        return running[-1]

    yield start
    for each in running:
        each.kill()


def tls(broker: Mosquitto, authority: Authority | None, **given: Any) -> MqttSettings:
    ca_file = "" if authority is None else str(authority.ca_file)
    return MqttSettings(host=HOST, port=broker.port, tls=True, ca_file=ca_file, **given)


def test_a_broker_with_a_trusted_certificate(broker: StartBroker, authority: Authority) -> None:
    assert probe_broker(tls(broker(), authority)).endswith("speaks MQTT 5")


def test_a_certificate_for_another_host(broker: StartBroker, authority: Authority) -> None:
    with pytest.raises(BrokerRefused, match=r"not trusted.*IP address mismatch"):
        probe_broker(tls(broker(name="elsewhere.example"), authority))


def test_an_unknown_authority(broker: StartBroker, tmp_path: Path) -> None:
    running = broker()
    for stranger in (Authority(tmp_path / "other"), None):  # None: those of the system
        with pytest.raises(BrokerRefused, match="not trusted") as refusal:
            probe_broker(tls(running, stranger))
        assert "ca_file" in refusal.value.remedy


def test_an_expired_certificate(broker: StartBroker, authority: Authority) -> None:
    with pytest.raises(BrokerRefused, match=r"not trusted.*expired"):
        probe_broker(tls(broker(late=True), authority))


def test_the_broker_asks_for_a_certificate(
    broker: StartBroker, authority: Authority, tmp_path: Path
) -> None:
    running = broker("require_certificate true", "use_identity_as_username true")
    cert, key = map(str, authority.certify("hall-1"))
    assert probe_broker(tls(running, authority, cert_file=cert, key_file=key))
    stranger_cert, stranger_key = map(str, Authority(tmp_path / "other").certify("hall-1"))
    for own in ({}, {"cert_file": stranger_cert, "key_file": stranger_key}):
        with pytest.raises(BrokerRefused) as refusal:
            probe_broker(tls(running, authority, **own))
        assert "cert_file" in refusal.value.remedy


def test_plain_text_where_the_broker_speaks_tls(broker: StartBroker) -> None:
    with pytest.raises(BrokerUnreachable):
        probe_broker(MqttSettings(host=HOST, port=broker().port))


def test_tls_where_the_broker_speaks_plain_text(
    mosquitto: str, tmp_path: Path, authority: Authority
) -> None:
    with (
        Mosquitto(mosquitto, tmp_path / "plain") as plain,
        pytest.raises((BrokerRefused, BrokerUnreachable)),
    ):
        probe_broker(tls(plain, authority))


def test_a_certificate_file_that_is_missing(broker: StartBroker, authority: Authority) -> None:
    with pytest.raises(SettingsInvalid, match="certificate files"):
        probe_broker(tls(broker(), authority, cert_file="/nowhere.pem", key_file="/nowhere.key"))


def test_the_authorities_of_the_system(
    broker: StartBroker, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS without a file of our own: whom this machine trusts, and nobody else."""
    running = broker()
    with pytest.raises(BrokerRefused, match="not trusted"):
        probe_broker(tls(running, None))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    assert probe_broker(tls(running, None)).endswith("speaks MQTT 5")
