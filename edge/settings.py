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
from edge.wire.presence import AtLimit
from edge.wire.slots import slot_of
from edge.wire.topics import TopicLevel

Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class CameraSettings(_Section, frozen=True):
    """Where frames come from and when a silent source counts as stalled."""

    source: str = ""
    """Where pictures come from: `/dev/video0`, `picamera2:`, `csi:`, `rtsp://...`, a file or a
    folder. Without one nothing is measured."""
    stall_s: Seconds = 5.0
    """After so long without a new picture the camera counts as stalled and is opened again."""
    width_px: Annotated[int, msgspec.Meta(ge=64, le=8192)] = 1080
    """Columns that a live camera is asked for."""
    height_px: Annotated[int, msgspec.Meta(ge=64, le=8192)] = 1920
    """Rows that a live camera is asked for. People stand: more rows than columns."""
    fps: Annotated[float, msgspec.Meta(gt=0, le=120)] = 15.0
    """Pictures a second that a live camera is asked for."""
    exposure_us: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    """Exposure time of `picamera2:`; 0 is automatic. A short one keeps a swaying person sharp."""
    gain: Annotated[float, msgspec.Meta(ge=0, le=64)] = 0.0
    """Analogue gain of `picamera2:`; 0 is automatic."""
    pace: Literal["own", "fast"] = "own"
    """Read a video at its own pace, or as fast as it decodes."""
    interval: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    """Of a video only every so-manieth frame is looked at: 3 takes frames 3, 6, 9, ..."""


class ModelSettings(_Section, frozen=True):
    """Which model files serve. Empty paths mean the files that ship with the device."""

    mode: Literal["refined", "bottom-up", "top-down"] = "refined"
    """How people are found: all at once and each placed again, all at once, or each in a box."""
    single: str = ""
    """One file, or several joined by +, that serve as their descriptions say; `mode` is then
    ignored."""
    finder: str = ""
    """The bottom-up network, or the person detector of `top-down`."""
    whole: str = ""
    """Places the joints of a whole person, in `refined` and `top-down`."""
    close: str = ""
    """Looks closely at parts of who is measured; `none` measures in one pass of the others. Beside
    a `single` it looks only where a file is named."""
    threads: Annotated[int, msgspec.Meta(ge=1, le=16)] = 2
    """Processor threads of the networks."""
    accelerator: Literal["auto", "cpu", "cuda", "tensorrt"] = "auto"
    """What the networks run on; `posture-station doctor` says which serves."""


class ScreeningSettings(_Section, frozen=True):
    """When a person has stood still long enough."""

    settle_s: Seconds = 2.0
    """So long a person must stand well before a hold begins."""
    hold_s: Seconds = 5.0
    """So long a person must stand still; measures are made of the frames of that time."""
    repeats: Annotated[int, msgspec.Meta(ge=1, le=5)] = 3
    """Holds of each view, with a step between them; more narrow the interval of a change."""
    start: Literal["presence", "asked"] = "presence"
    """Measure whoever steps up, or only who was asked for by a command or a badge."""
    calibration_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 365
    """A calibration older than this is stale, and nothing is measured until it is renewed."""
    least_stature_px: Annotated[float, msgspec.Meta(ge=100, le=8192)] = 500.0
    """Who is smaller in the picture is asked to step closer. A small adult 3 m before a picture of
    1280 rows is 640 px tall; the intervals carry the rest."""
    sticker_colour: Annotated[str, msgspec.Meta(pattern=r"^(#[0-9a-fA-F]{6})?$")] = ""
    """Half balls on the spine, as seen in the picture (#rrggbb); none are looked for without."""
    sticker_targets: tuple[Literal["front", "side", "back"], ...] = ()
    """Views in which people wear printed targets (`posture-station stickers`)."""


class FeedbackSettings(_Section, frozen=True):
    """GPIO pins (BCM numbers) of a lamp and a buzzer; none means none."""

    led_pin: Annotated[int, msgspec.Meta(ge=0, le=27)] | None = None
    """Pin of the lamp that shows what the station wants."""
    buzzer_pin: Annotated[int, msgspec.Meta(ge=0, le=27)] | None = None
    """Pin of the buzzer that says when a hold begins and ends."""


class OutboxSettings(_Section, frozen=True):
    """How much undelivered work the station keeps, and what it does at that limit."""

    limit_mb: Annotated[float, msgspec.Meta(gt=0, le=16_384)] = 256.0
    """Room for results that no collector has confirmed; 256 MB hold about 64 000 of them."""
    at_limit: AtLimit = "refuse"
    """At the limit refuse new screenings, or drop the oldest results and say which."""


class UpdateSettings(_Section, frozen=True):
    """Where new model files come from. An empty url means: they never change."""

    url: str = ""
    """Of the model repository: `metadata/` and `targets/` lie under it."""
    root_file: str = ""
    """Root metadata that came with the device's image: whom to trust first."""
    rate_kb_s: Annotated[float, msgspec.Meta(gt=0, le=1e6)] = 512.0
    """Downloads take no more than this of the network."""
    reserve_mb: Annotated[float, msgspec.Meta(ge=0, le=65_536)] = 256.0
    """Space that a download must leave free on the disk."""
    shadow_every: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    """Every so-manieth visit is also measured by a candidate that only reports how far it agrees;
    0 means never."""


class TrustSettings(_Section, frozen=True):
    """Whom this station believes, and how the collector gets to know its key."""

    site_key_file: str = ""
    """The site's public key; without it receipts need no signature."""
    token_file: str = ""
    """One-time token with which this station's key is enrolled."""


class Settings(_Section, frozen=True):
    """All settings of a station."""

    site: TopicLevel = "desk"
    """The clinic; a level of every topic."""
    station: TopicLevel = "station-1"
    """The name of this station, once in the site."""
    state_dir: str = ""
    """Where outbox, models and calibration live. Without it: what systemd says, or a folder in the
    user's home."""
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
    """The settings with names of version 0.1.0 read as today's: `refiner` as whole, `spine` as
    close."""
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
    """The settings with the names of those files made absolute: a relative name is one in the
    folder."""
    for section, names in _FILES.items():
        part = getattr(settings, section)
        found = {name: str(folder / value) for name in names if (value := getattr(part, name))}
        part = msgspec.structs.replace(part, **found)
        settings = msgspec.structs.replace(settings, **{section: part})
    return settings


def load_settings(path: Path | None) -> Settings:
    """Settings from a file; the defaults where no file is named. A relative name in it is that of
    a file beside it.

    Raises
    ------
    SettingsInvalid : it cannot be read, or says what is no setting; names the line where it can.
    """
    if path is None:
        return Settings()
    try:
        found = parse_settings(path.read_text(encoding="utf-8"), str(path))
        return _beside(found, path.absolute().parent)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"cannot read {path}: {error}.", "Check path and rights.") from error
