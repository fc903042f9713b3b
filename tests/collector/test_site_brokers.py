"""A site that grows: one more broker, and access rules of another version."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest
from posture_tools.collector.broker import await_listening, free_port
from posture_tools.collector.site import site as sites
from posture_tools.collector.site.broker_files import access
from simulators.assessments import assessment
from simulators.children import Child
from simulators.site import Site, running
from simulators.waiting import eventually

from edge.settings import load_settings

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]


def test_rules_of_an_older_version_are_mended_while_the_broker_runs(
    tmp_path: Path, mosquitto: str
) -> None:
    site = Site(tmp_path, mosquitto)
    settings = site.station("hall-1")
    rules = site.folder / "broker" / "acl"
    today = rules.read_text()
    assert today == access("north")
    older = [line for line in today.splitlines() if "pattern write" not in line or "state" in line]
    rules.write_text("\n".join(older) + "\n")
    with site.broker(), site.own_collector(), running(settings) as (outbox, _):
        outbox.accept(assessment())
        eventually(lambda: "Denied PUBLISH" in site.log, within_s=60)
        assert site.verb("brokers") == 0
        eventually(lambda: outbox.depth() == 0, within_s=60)
    assert rules.read_text() == today
    assert site.stored() == [("hall-1", 1)]


def test_a_site_of_one_broker_gets_another(
    tmp_path: Path, mosquitto: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first one's files are not touched; the second serves the same stations."""
    site = Site(tmp_path, mosquitto)
    site.station("hall-1")
    collector = site.folder / "collector.toml"
    collector.write_text(collector.read_text().replace('metrics = ""', 'metrics = "127.0.0.1:0"'))
    first = {path.name: path.read_bytes() for path in (site.folder / "broker").iterdir()}
    port = free_port()
    named = ["--broker", f"127.0.0.1:{port}"]
    assert site.verb("brokers", *named) == 2, "nobody certifies it"
    assert not (site.folder / "broker-2").exists()
    assert site.verb("brokers", *named, "--authority", str(site.folder / sites.OFFLINE)) == 0
    told = capsys.readouterr().out
    assert "broker-2 is 127.0.0.1" in told
    assert "workers know it from their next start" in told
    assert first == {path.name: path.read_bytes() for path in (site.folder / "broker").iterdir()}
    assert (site.folder / "systemd" / "posture-broker.service").exists()
    assert (site.folder / "systemd" / "posture-broker-2.service").exists()
    worker = tomllib.loads(collector.read_text())
    assert [each["port"] for each in worker["broker"]] == [site.port, port]
    assert worker["metrics"] == "127.0.0.1:0", "what the operator set stays"
    boot = load_settings(site.folder / "stations" / "hall-1" / "station.toml")
    assert {each.port for each in boot.mqtt.each} == {site.port, port}
    assert site.verb("brokers", *named, "--authority", str(site.folder / sites.OFFLINE)) == 0
    assert len(tomllib.loads(collector.read_text())["broker"]) == 2, "said twice is once"
    collector.write_text(collector.read_text().replace('metrics = "127.0.0.1:0"', 'metrics = ""'))

    conf = site.folder / "broker-2" / "mosquitto.conf"
    conf.write_text(conf.read_text() + "user root\n")
    mqtt = msgspec.structs.replace(boot.mqtt, resend_s=0.4, keepalive_s=5)
    settings = msgspec.structs.replace(boot, state_dir=str(tmp_path / "state"), mqtt=mqtt)
    with subprocess.Popen([mosquitto, "-c", str(conf)]) as second:  # and the first is away
        child = Child("-m", "posture_tools.collector", "run", "--config", str(collector))
        try:
            await_listening(port, second)
            with running(settings) as (outbox, _):
                outbox.accept(assessment())
                eventually(lambda: outbox.depth() == 0, within_s=90)
        finally:
            child.kill()
            second.kill()
    assert site.stored() == [("hall-1", 1)]
