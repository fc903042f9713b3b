"""Certificates, passwords and an authority that are replaced while everybody works."""

from __future__ import annotations

import shutil
import signal
import stat
import subprocess
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from posture_tools.collector.__main__ import main
from posture_tools.collector.site import authority, doctor, site
from posture_tools.collector.sqlite.store import SqliteStore
from posture_tools.collector.worker_settings import load_worker_settings
from simulators.assessments import assessment
from simulators.site import Site, running
from simulators.waiting import eventually

from edge.appliance.first_boot import parse_first_boot
from edge.commands import checks_trust
from edge.commands.checks import State
from edge.errors import BrokerRefused, MessageRefused, SettingsInvalid
from edge.mqtt import certificates as certs
from edge.mqtt.connection import open_best
from edge.mqtt.settings import MqttSettings
from edge.settings import Settings, load_settings
from edge.uplink.renewed import Renewed
from edge.wire.codec import encode
from edge.wire.commands import RenewCommand

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]


@pytest.fixture
def written(tmp_path: Path, mosquitto: str) -> Site:
    return Site(tmp_path, mosquitto)


def test_everything_is_renewed_while_a_station_works(
    written: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Passwords, authority and certificate; the station that is away is named and keeps its old."""
    settings, away = written.station("hall-1"), written.station("hall-2")
    offline = str(written.folder / "offline")
    with written.broker(), written.collector(), running(settings) as (outbox, uplink):
        outbox.accept(assessment(1))
        eventually(lambda: outbox.depth() == 0, within_s=60)
        old_password = Path(settings.mqtt.password_file).read_text()
        before = certs.of_broker(settings.mqtt)
        words = ("--authority", offline, "--new-authority")
        assert written.verb("renew", *words) == 4
        said = capsys.readouterr()
        assert "hall-1: has the new ones" in said.out
        assert "hall-2 would not know the new authority" in said.err
        assert certs.of_broker(settings.mqtt).begins == before.begins, "the old one is still shown"
        assert Path(settings.mqtt.password_file).read_text() != old_password
        outbox.accept(assessment(2))
        eventually(lambda: outbox.depth() == 0, within_s=60)
        assert written.verb("renew", *words, "--leave-behind") == 1
        outbox.accept(assessment(3))
        eventually(lambda: outbox.depth() == 0, within_s=60)
        renewed = Renewed(settings.state_path, settings.mqtt).login()
        open_best(renewed, "probe").close()
        assert uplink.status().phase == "connected"
        login = written.login("hall-1", Path(settings.mqtt.password_file))
        open_best(login, "probe").close()
        (written.folder.parent / "old-password").write_text(old_password)
        with pytest.raises(BrokerRefused):
            open_best(written.login("hall-1", written.folder.parent / "old-password"), "probe")
    assert away.mqtt.username == "hall-2"


def test_a_certificate_is_renewed_under_the_same_authority(written: Site) -> None:
    settings = written.station("hall-1")
    with written.broker(), written.collector(), running(settings) as (outbox, _):
        eventually(lambda: outbox.depth() == 0)
        old = (written.folder / "broker" / "broker.pem").read_bytes()
        assert written.verb("renew", "--authority", str(written.folder / "offline")) in (0, 1)
        assert (written.folder / "broker" / "broker.pem").read_bytes() != old
        outbox.accept(assessment(1))
        eventually(lambda: outbox.depth() == 0, within_s=60)


def test_a_station_that_missed_the_switch_tries_both_passwords(tmp_path: Path) -> None:
    given = MqttSettings(password_file="old", ca_file="ca", tls=True)  # noqa: S106
    renewed = Renewed(tmp_path, given)
    assert renewed.login() == given
    renewed.take(encode(RenewCommand(password="n" * 32, ca="-----BEGIN")))
    new = renewed.login()
    assert Path(new.password_file).read_text() == "n" * 32
    assert stat.S_IMODE(Path(new.password_file).stat().st_mode) == 0o600
    assert Path(new.ca_file).read_text() == "-----BEGIN"
    refused = BrokerRefused("no")
    renewed.failed(refused)
    assert (renewed.login().password_file, renewed.login().ca_file) == ("old", new.ca_file)
    renewed.failed(refused)
    assert renewed.login() == new
    assert Renewed(tmp_path, given).login() == new, "a restart goes on with it"


def test_a_station_that_logs_in_otherwise_refuses(tmp_path: Path) -> None:
    with pytest.raises(MessageRefused, match="without a password"):
        Renewed(tmp_path, MqttSettings()).take(b'{"password":"x"}')
    with pytest.raises(MessageRefused, match="authorities"):
        Renewed(tmp_path, MqttSettings(tls=True)).take(encode(RenewCommand(ca="x")))


def test_doctor_sees_what_is_wrong_with_a_site(
    written: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.station("hall-1")
    found = {each.name: each for each in doctor.findings(written.folder)}
    assert found["broker certificate"].ok
    assert found["grants"].ok
    assert found["key files"].ok
    assert not found["offline keys"].ok, "they must be carried away"
    shutil.copytree(written.folder / "offline", written.folder.parent / "stick")
    shutil.rmtree(written.folder / "offline")
    (written.folder / "keys" / "receipt.pem").chmod(0o644)
    authority.certify_broker(
        written.folder.parent / "stick", written.folder / "broker" / "broker", ["elsewhere"]
    )
    (written.folder / "keys" / "command.grant").unlink()
    found = {each.name: each for each in doctor.findings(written.folder)}
    assert found["offline keys"].ok
    assert "receipt.pem" in found["key files"].found
    assert "not for 127.0.0.1" in found["broker certificate"].found
    assert not found["grants"].ok
    assert main(["site", "doctor", str(written.folder), "--store", str(written.store)]) == 1


def test_doctor_at_the_station_sees_dates_and_rights(
    written: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = written.station("hall-1")
    with written.broker():
        good = checks_trust.certificates(settings)
        assert good.state is State.OK
        assert "127.0.0.1, broker.test" in good.found or "broker.test" in good.found
        in_years = datetime.now(UTC) + timedelta(days=4000)
        monkeypatch.setattr(certs, "datetime", _Clock(in_years))
        assert checks_trust.certificates(settings).state is State.FAIL
    assert checks_trust.keys(settings).state is State.OK
    Path(settings.trust.token_file).chmod(0o644)
    assert checks_trust.keys(settings).state is State.FAIL
    assert checks_trust.keys(Settings(state_dir=str(written.folder))).state is State.OK


class _Clock:
    """`datetime`, on another day."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self, _zone: object) -> datetime:
        return self._now


def test_an_operator_with_an_authority_uses_it(tmp_path: Path, mosquitto: str) -> None:
    own = tmp_path / "own"
    own.mkdir()
    authority.make_authority(own, "clinic")
    authority.certify_broker(own, own / "broker", ["127.0.0.1"])
    words = ["site", "--store", str(tmp_path / "c.db"), "init", str(tmp_path / "site"),
             "--site", "north", "--host", "127.0.0.1"]  # fmt: skip
    given = ["--own-ca", str(own / "ca.pem"), "--own-cert", str(own / "broker.pem")]
    assert main([*words, *given]) == 2, "the key is missing"
    assert main([*words, *given, "--own-key", str(own / "broker.key")]) == 0
    assert (tmp_path / "site" / "ca.pem").read_bytes() == (own / "ca.pem").read_bytes()
    for given_file in ("broker.pem", "broker.key"):
        kept = tmp_path / "site" / "broker" / given_file
        assert kept.read_bytes() == (own / given_file).read_bytes()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "site" / "offline" / "ca.key").exists()


def test_the_folder_of_a_station_may_lie_anywhere(written: Site, tmp_path: Path) -> None:
    """Its files are named beside the settings; an appliance gets all of it in one file."""
    written.station("hall-1")
    moved = tmp_path / "moved"
    shutil.move(written.folder / "stations" / "hall-1", moved)
    settings = load_settings(moved / "station.toml")
    assert settings.mqtt.ca_file == str(moved / "ca.pem")
    assert settings.trust.token_file == str(moved / "token")
    first = parse_first_boot((moved / "posture.toml").read_text(), "posture.toml", Path("/s"))
    assert first.token == (moved / "password").read_text()
    typed = tomllib.loads((moved / "posture.toml").read_text())
    assert isinstance(typed["broker"], str), "one broker is no list"
    assert first.enrol == (moved / "token").read_text()
    assert first.site_key == (moved / "site-key.pem").read_text()
    assert first.settings.trust.site_key_file == "/s/site-key.pem"
    assert first.settings.mqtt.tls
    with SqliteStore(written.store) as store, pytest.raises(SettingsInvalid):
        site.add(written.folder.parent, store, "x")


def test_units_start_broker_and_collector(written: Site) -> None:
    units = written.folder / "systemd"
    collector = (units / "posture-collector.service").read_text()
    assert f"run --config {written.folder}/collector.toml" in collector
    settings = load_worker_settings(written.folder / "collector.toml")
    assert (settings.site, settings.store) == ("north", str(written.store.absolute()))
    assert settings.keys == str(written.folder / "keys")
    assert (
        f"-c {written.folder}/broker/mosquitto.conf"
        in (units / "posture-broker.service").read_text()
    )


@pytest.mark.parametrize("said", ["{pid}\n", "-1\n", "0\n", "", "\xff"])
def test_a_number_that_a_power_cut_left_of_a_broker_ends_nobody_else(
    written: Site, said: str
) -> None:
    with subprocess.Popen(["sleep", "60"]) as stranger:
        left = written.folder / "broker" / "mosquitto.pid"
        left.write_bytes(said.format(pid=stranger.pid).encode("latin-1"))
        assert site.reload_brokers(written.folder) == ["broker"]
        stranger.terminate()
    assert stranger.returncode == -signal.SIGTERM, "it was hung up on"
