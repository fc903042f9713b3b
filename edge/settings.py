"""What a person may set, in one TOML file: frozen, unknown keys refused, bounds checked.

site = "north-clinic"
station = "hall-1"
[camera]
source = "picamera2:"
[mqtt]
host = "broker.local"
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from edge.errors import NOT_TOML, SettingsInvalid
from edge.mqtt.settings import MqttSettings
from edge.wire.messages import AtLimit, slot_of
from edge.wire.topics import TopicLevel

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class CameraSettings(_Section, frozen=True):
    """Where frames come from and when a silent source counts as stalled."""

    source: str = ""  # see `edge.camera.sources`; without one nothing is measured
    stall_s: Seconds = 5.0
    width_px: Annotated[int, msgspec.Meta(ge=64, le=8192)] = 1080
    height_px: Annotated[int, msgspec.Meta(ge=64, le=8192)] = 1920
    fps: Annotated[float, msgspec.Meta(gt=0, le=120)] = 15.0
    # picamera2: 0 is automatic. A short exposure keeps a swaying person sharp.
    exposure_us: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    gain: Annotated[float, msgspec.Meta(ge=0, le=64)] = 0.0
    pace: Literal["own", "fast"] = "own"  # videos: at their own pace, or as fast as they decode
    interval: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1  # videos: 3 takes frames 3, 6, 9, ...


class ModelSettings(_Section, frozen=True):
    """Which model files serve. Empty paths mean the files that ship with the device."""

    mode: Literal["refined", "bottom-up", "top-down"] = "refined"
    # One file, or several joined by +, that serve as their descriptions say; mode is then ignored.
    single: str = ""
    finder: str = ""  # the bottom-up network or the person detector
    whole: str = ""  # places the joints of a whole person, in refined and top-down
    # Looks closely at parts of who is measured; "none" measures in one pass of the others. Beside
    # a `single` it looks only where a file is named.
    close: str = ""
    threads: Annotated[int, msgspec.Meta(ge=1, le=16)] = 2
    accelerator: Literal["auto", "cpu", "cuda", "tensorrt"] = "auto"  # `doctor` says which serves


class ScreeningSettings(_Section, frozen=True):
    """When a person has stood still long enough."""

    settle_s: Seconds = 2.0
    hold_s: Seconds = 5.0
    repeats: Annotated[int, msgspec.Meta(ge=1, le=5)] = 3  # captures of each view
    start: Literal["presence", "asked"] = "presence"  # asked: by command or badge
    calibration_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 365
    # A small adult 3 m before a picture of 1280 rows is 640 px tall; the intervals carry the rest.
    least_stature_px: Annotated[float, msgspec.Meta(ge=100, le=8192)] = 500.0
    # Half balls on the spine, as seen in the picture (#rrggbb); none are looked for without.
    sticker_colour: Annotated[str, msgspec.Meta(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    # Views in which people wear printed targets (`posture-station stickers`).
    sticker_targets: tuple[Literal["front", "side", "back"], ...] = ()


class FeedbackSettings(_Section, frozen=True):
    """GPIO pins (BCM numbers) of a lamp and a buzzer; none means none."""

    led_pin: Annotated[int, msgspec.Meta(ge=0, le=27)] | None = None
    buzzer_pin: Annotated[int, msgspec.Meta(ge=0, le=27)] | None = None


class OutboxSettings(_Section, frozen=True):
    """How much undelivered work the station keeps, and what it does at that limit."""

    limit_mb: Annotated[float, msgspec.Meta(gt=0, le=16_384)] = 256.0
    at_limit: AtLimit = "refuse"


class UpdateSettings(_Section, frozen=True):
    """Where new model files come from. An empty url means: they never change."""

    url: str = ""  # of the repository: metadata/ and targets/ lie under it
    root_file: str = ""  # root metadata that came with the device's image
    rate_kb_s: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 512.0
    reserve_mb: Annotated[float, msgspec.Meta(ge=0, le=65_536)] = 256.0
    shadow_every: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0  # visits; 0: no shadow run


class TrustSettings(_Section, frozen=True):
    """Whom this station believes, and how the collector came to know it."""

    site_key_file: str = ""  # the site's public key; without it receipts need no signature
    token_file: str = ""  # one-time token with which this station's key is enrolled


class Settings(_Section, frozen=True):
    """All of it."""

    site: TopicLevel = "desk"
    station: TopicLevel = "station-1"
    state_dir: str = ""
    camera: CameraSettings = CameraSettings()
    models: ModelSettings = ModelSettings()
    screening: ScreeningSettings = ScreeningSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    outbox: OutboxSettings = OutboxSettings()
    mqtt: MqttSettings = MqttSettings()
    update: UpdateSettings = UpdateSettings()
    trust: TrustSettings = TrustSettings()

    @property
    def state_path(self) -> Path:
        """Where outbox, models and calibration live: set, given by systemd, or the user's own."""
        given = self.state_dir or os.environ.get("STATE_DIRECTORY", "")
        return Path(given) if given else Path.home() / ".local" / "state" / "posture-station"


def parse_settings(text: str, name: str = "settings") -> Settings:
    """Settings from TOML text. Names of models that version 0.1.0 used are read as today's.

    Raises
    ------
    SettingsInvalid : not TOML, an unknown key, a value out of its bounds; names the key.
    """
    try:
        return msgspec.convert(_todays(tomllib.loads(text)), Settings)
    except NOT_TOML as error:
        raise SettingsInvalid(f"{name} is not TOML: {error}.", "Mend the line it names.") from error
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"{name}: {error}.", "Mend or remove that key.") from error


def _todays(read: dict[str, Any]) -> dict[str, Any]:
    """With `refiner` as whole and `spine` as close, where those are not said."""
    models = read.get("models")
    if not isinstance(models, dict):
        return read
    models = {slot_of(key): value for key, value in models.items() if slot_of(key) != key} | {
        key: value for key, value in models.items() if slot_of(key) == key
    }
    if models.get("close") == "shipped":  # as `spine` said it; nothing said means the same now
        models["close"] = ""
    return read | {"models": models}


# Files that may lie beside the settings, as in the folder that `site add` writes.
_FILES = {
    "mqtt": ("password_file", "ca_file", "cert_file", "key_file"),
    "trust": ("site_key_file", "token_file"),
    "update": ("root_file",),
}


def _beside(settings: Settings, folder: Path) -> Settings:
    """The same with those files named from the root; a relative name is one in the folder."""
    for section, names in _FILES.items():
        part = getattr(settings, section)
        found = {name: str(folder / value) for name in names if (value := getattr(part, name))}
        part = msgspec.structs.replace(part, **found)
        settings = msgspec.structs.replace(settings, **{section: part})
    return settings


def load_settings(path: Path | None) -> Settings:
    """Settings from a file; the defaults where no file is named. A relative name in it is that of
    a file beside it."""
    if path is None:
        return Settings()
    try:
        found = parse_settings(path.read_text(encoding="utf-8"), str(path))
        return _beside(found, path.absolute().parent)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"cannot read {path}: {error}.", "Check path and rights.") from error
