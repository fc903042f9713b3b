"""No secret goes over a wire that anybody reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import BrokerUnreachable, SettingsInvalid
from edge.mqtt.connection import open_best
from edge.mqtt.settings import MqttSettings


@pytest.mark.parametrize("name", ["password_file", "cert_file"])
def test_a_secret_is_not_used_without_tls(name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    mqtt = MqttSettings(port=1, username="hall-1", **{name: str(secret)})
    with pytest.raises(SettingsInvalid, match="without TLS"):
        open_best(mqtt, "x")


def test_where_the_network_is_ours_alone_it_may_be_said(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    mqtt = MqttSettings(port=1, username="x", password_file=str(secret), allow_plain=True)
    with pytest.raises(BrokerUnreachable):
        open_best(mqtt, "x")
