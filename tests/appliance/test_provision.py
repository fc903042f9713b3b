"""A card's first boot, its copies, and the power cuts in between."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from edge.appliance import provision as provisioning
from edge.appliance.board import board_id
from edge.appliance.first_boot import parse_first_boot
from edge.appliance.provision import Places, provision
from edge.commands import provision as command
from edge.errors import IdentityRefused, SettingsInvalid
from edge.files import write_toml
from edge.settings import load_settings

BOARD, OTHER_BOARD = "a" * 64, "b" * 64
FILE = """
site = "north"
station = "hall-1"
broker = "broker.example.org:8883"
token = "s3cret-of-hall-1"
ca = "-----BEGIN CERTIFICATE-----"
[camera]
source = 'v4l2:/dev/video0'
[screening]
hold_s = 4
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    for name in ("firmware", "settings"):
        (tmp_path / name).mkdir()
    return Places((tmp_path / "missing", tmp_path / "firmware"), tmp_path / "settings")


def put(places: Places, text: str = FILE) -> Path:
    path = places.boot[-1] / "posture.toml"
    path.write_text(text)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_first_boot(places: Places) -> None:
    path = put(places)
    assert provision(places, BOARD) == ("hall-1", None)
    settings = load_settings(places.settings / "station.toml")
    assert (settings.site, settings.station) == ("north", "hall-1")
    assert (settings.mqtt.host, settings.mqtt.port, settings.mqtt.tls) == (
        "broker.example.org",
        8883,
        True,
    )
    assert settings.mqtt.username == "hall-1"
    assert settings.camera.source == "v4l2:/dev/video0"
    assert settings.screening.hold_s == 4
    assert not path.exists()


def test_the_secret_is_roots_and_nowhere_else(places: Places) -> None:
    put(places)
    provision(places, BOARD)
    assert mode(places.settings / "mqtt-password") == 0o600
    assert mode(places.settings / "station.toml") == 0o644
    holders = [
        path.name
        for folder in (*places.boot, places.settings)
        for path in folder.glob("*")
        if b"s3cret" in path.read_bytes()
    ]
    assert holders == ["mqtt-password"]


def test_every_later_boot(places: Places) -> None:
    put(places)
    provision(places, BOARD)
    assert provision(places, BOARD) == ("hall-1", None)


def test_a_station_of_version_0_1_gets_the_file_that_its_engine_asks_for(places: Places) -> None:
    put(places)
    provision(places, BOARD)
    (places.settings / "enrol-token").unlink()
    assert provision(places, BOARD) == ("hall-1", None)
    assert (places.settings / "enrol-token").read_bytes() == b""
    assert mode(places.settings / "enrol-token") == 0o600


def test_card_copied_to_another_board(places: Places) -> None:
    put(places)
    provision(places, BOARD)
    with pytest.raises(IdentityRefused, match="hall-1 belongs to another board"):
        provision(places, OTHER_BOARD)


def test_board_replaced_by_a_technician(places: Places) -> None:
    put(places)
    provision(places, BOARD)
    put(places)
    assert provision(places, OTHER_BOARD) == ("hall-1", None)
    with pytest.raises(IdentityRefused):
        provision(places, BOARD)


def test_no_file_at_all(places: Places) -> None:
    with pytest.raises(IdentityRefused, match="no identity yet"):
        provision(places, BOARD)


def test_a_damaged_identity_is_none(places: Places) -> None:
    put(places)
    provision(places, BOARD)
    (places.settings / "identity.json").write_bytes(b"\0" * 40)
    with pytest.raises(IdentityRefused, match="cannot be read"):
        provision(places, BOARD)


def test_a_slip_of_the_pen_does_not_stop_a_station_that_works(places: Places) -> None:
    put(places)
    provision(places, BOARD)
    path = put(places, FILE.replace("hold_s", "hold"))
    station, refusal = provision(places, BOARD)
    assert station == "hall-1"
    assert "hold" in str(refusal)
    assert path.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("site = north", "not TOML"),
        (FILE.replace('ca = "-----BEGIN CERTIFICATE-----"', ""), "as it is"),
        (FILE.replace('site = "north"', ""), "does not say site"),
        (FILE.replace('station = "hall-1"', ""), "does not say station"),
        (FILE.replace(":8883", ""), "names no host and port"),
        (FILE.replace(":8883", ":99999"), "65535"),
        (FILE.replace('"hall-1"', '"hall/1"'), "station"),
        (FILE.replace('token = "s3cret-of-hall-1"', "token = 17"), "texts"),
        (FILE + "[mqtts]\nhost = 'x'", "mqtts"),
        (FILE + "mqtt = 7", "mqtt"),
    ],
)
def test_a_file_that_makes_no_sense(places: Places, text: str, says: str) -> None:
    path = put(places, text)
    with pytest.raises(SettingsInvalid, match=says):
        provision(places, BOARD)
    assert path.read_text() == text
    assert not (places.settings / "identity.json").exists()


def test_settings_survive_their_own_file(tmp_path: Path) -> None:
    source = '"\\u007f\\\\\u00e9\\""'
    strange = FILE.replace("'v4l2:/dev/video0'", source)
    settings = parse_first_boot(strange, "posture.toml", Path("/s")).settings
    assert settings.camera.source == '\x7f\\\u00e9"'
    write_toml(tmp_path / "station.toml", settings)
    assert load_settings(tmp_path / "station.toml") == settings


class PowerCut(BaseException):
    """Nothing after it happens."""


@pytest.mark.parametrize("steps_before", range(7))
def test_power_cut_at_each_step(
    places: Places, monkeypatch: pytest.MonkeyPatch, steps_before: int
) -> None:
    """Six files are written and one is removed: the next boot finds a whole station."""
    put(places)
    steps = 0

    def counted(done):
        def step(*arguments, **options):
            nonlocal steps
            if steps == steps_before:
                raise PowerCut
            steps += 1
            return done(*arguments, **options)

        return step

    with monkeypatch.context() as until_the_cut:
        for write in ("write_durably", "write_toml"):
            until_the_cut.setattr(provisioning, write, counted(getattr(provisioning, write)))
        until_the_cut.setattr(Path, "unlink", counted(Path.unlink))
        with pytest.raises(PowerCut):
            provision(places, BOARD)
    assert provision(places, BOARD) == ("hall-1", None)
    assert load_settings(places.settings / "station.toml").station == "hall-1"
    assert not (places.boot[-1] / "posture.toml").exists()


def test_boot_partition_that_cannot_be_written(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secret would stay on it for every reader: nothing is taken, nothing starts."""
    put(places)
    opened = Path.open

    def read_only(path: Path, how: str = "r", **options):
        if "+" in how or "w" in how:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(path, how, **options)

    monkeypatch.setattr(Path, "open", read_only)
    with pytest.raises(SettingsInvalid, match=r"Read-only file system.*remount,rw"):
        provision(places, BOARD)
    assert not list(places.settings.iterdir())


def test_a_file_written_with_windows_notepad(places: Places) -> None:
    path = put(places)
    path.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    assert provision(places, BOARD) == ("hall-1", None)


def test_the_keys_of_the_model_repository_come_along(places: Places) -> None:
    put(places)
    (places.boot[-1] / "update-root.json").write_text("{}")
    provision(places, BOARD)
    kept = Path(load_settings(places.settings / "station.toml").update.root_file)
    assert kept.read_text() == "{}"
    assert kept.parent == places.settings


TOLD_BY = {
    "pi": "sys/firmware/devicetree/base/serial-number",
    "pc": "sys/class/dmi/id/product_uuid",
    "machine": "etc/machine-id",
}


def board(root: Path, **files: str) -> str:
    for name, text in files.items():
        path = root / TOLD_BY[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return board_id(root)


def test_a_copied_machine_id_does_not_hide_another_board(tmp_path: Path) -> None:
    one = board(tmp_path / "1", pi="10000000a1b2c3d4\0", machine="0123456789abcdef\n")
    two = board(tmp_path / "2", pi="10000000a1b2c3d5\0", machine="0123456789abcdef\n")
    assert one != two
    assert one == board(tmp_path / "3", pi="10000000a1b2c3d4\0", machine="fedcba9876543210\n")


@pytest.mark.parametrize(
    "placeholder", ["", "To be filled by O.E.M.\n", "00000000-0000-0000-0000-000000000000\n"]
)
def test_a_board_without_a_number_goes_by_its_machine_id(tmp_path: Path, placeholder: str) -> None:
    one = board(tmp_path / "1", pc=placeholder, machine="0123456789abcdef\n")
    two = board(tmp_path / "2", pc=placeholder, machine="fedcba9876543210\n")
    assert one != two


def test_a_board_that_tells_nothing(tmp_path: Path) -> None:
    with pytest.raises(IdentityRefused, match="machine-id"):
        board_id(tmp_path)


def test_a_technician_with_a_card_reader_reads_what_was_wrong(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda path: path == places.boot[-1])
    monkeypatch.setattr(command, "board_id", lambda _root: BOARD)
    status = places.boot[-1] / "posture-status.txt"
    put(places, FILE.replace(":8883", ""))
    with pytest.raises(SettingsInvalid):
        command.run(places)
    assert "Write HOST:PORT" in status.read_text()
    put(places)
    assert command.run(places) == 0
    assert status.read_text() == "This is station hall-1.\n"
    assert "s3cret" not in capsys.readouterr().out
