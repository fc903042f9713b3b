"""Which troubles of a broker are those of a renewed password."""

from __future__ import annotations

from pathlib import Path

from edge.errors import BrokerRefused, BrokerUnreachable
from edge.mqtt.settings import MqttSettings
from edge.uplink.renewed import FOLDER, Renewed


def test_the_old_password_is_tried_where_a_broker_refuses_the_new_one(tmp_path: Path) -> None:
    refused, away = BrokerRefused("no.", ""), BrokerUnreachable("nobody.")
    renewed = Renewed(tmp_path, MqttSettings())
    assert [renewed.failed(problem) for problem in (refused, away)] == [False, False]
    (tmp_path / FOLDER).mkdir(exist_ok=True)
    (tmp_path / FOLDER / "password").write_text("new")
    assert renewed.login().password_file
    assert renewed.failed(away) is False
    assert renewed.failed(refused) is True
    assert not renewed.login().password_file
    assert renewed.failed(refused) is False
    assert renewed.login().password_file
