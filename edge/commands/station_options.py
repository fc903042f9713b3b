"""Options that several verbs of the station share, and the settings that they change."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from edge.accuracy import CLOTHING, Clothing
from edge.cli.verb import argument
from edge.errors import SettingsInvalid
from edge.inference.shipped import NONE
from edge.mqtt.settings import brokers_at
from edge.settings import Settings, load_settings

Section = TypeVar("Section", bound=msgspec.Struct)

SETTINGS = argument(
    "--settings",
    type=Path,
    metavar="FILE",
    help="Read the station's settings from this TOML file.",
)

# An option whose `dest` is a key of the settings changes that key.
SOURCE = argument(
    "--source",
    dest="camera.source",
    type=str,
    metavar="URI",
    help="Where pictures come from: a file, a folder, /dev/video0, rtsp://HOST/PATH, picamera2:",
)
INTERVAL = argument(
    "--interval",
    dest="camera.interval",
    metavar="N",
    help="Of a video, look only at the frames N, 2N, 3N and so on.",
)
PACE = argument(
    "--pace",
    dest="camera.pace",
    choices=("own", "fast"),
    help="Read a video at its own pace, or as fast as it decodes.",
)
CLOSE = argument(
    "--close",
    metavar="FILE",
    help="Measure people by looks from near by with this model; none looks once.",
)
BROKER = argument(
    "--broker",
    action="append",
    metavar="HOST:PORT",
    help="The broker, instead of the one in the settings; several are tried in turn.",
)


def settings_of(options: Namespace) -> Settings:
    """The settings file, with what the command line says on top of it.

    Raises
    ------
    SettingsInvalid : a value that the settings do not allow.
    """
    settings = load_settings(options.settings)
    for key, value in vars(options).items():
        section, dot, name = key.partition(".")
        if dot and value is not None:
            changed = _changed(getattr(settings, section), {name: value})
            settings = msgspec.structs.replace(settings, **{section: changed})
    return settings


def with_broker(settings: Settings, addresses: Sequence[str] | None) -> Settings:
    """addresses : HOST:PORT as typed, none to leave the broker."""
    if not addresses:
        return settings
    return msgspec.structs.replace(settings, mqtt=brokers_at(addresses, settings.mqtt))


def close_of(options: Namespace) -> str:
    """The network that looks closely, as typed; empty where nothing was typed."""
    return NONE if getattr(options, "fast", False) else options.close or ""


def dress_of(text: str | None) -> tuple[Clothing, Clothing]:
    """UPPER/LOWER or one word for both as typed; loose where nothing was.

    Raises
    ------
    SettingsInvalid : another word.
    """
    upper, _, lower = (text or "loose").partition("/")
    try:
        return msgspec.convert((upper, lower or upper), tuple[Clothing, Clothing])
    except msgspec.ValidationError as error:
        raise SettingsInvalid(
            f"{text} is no clothing.", f"Name {', '.join(CLOTHING)}, or two as in loose/tight."
        ) from error


def with_models(
    settings: Settings, model: object, detector: object = None, close: str = ""
) -> Settings:
    """model, detector, close : files as typed, nothing where none was named."""
    named: dict[str, str] = {}
    if model:
        named["single"] = f"{detector}+{model}" if detector else str(model)
    elif detector:
        named = {"mode": "top-down", "finder": str(detector), "single": ""}
    if close:
        named["close"] = close
    if not named:
        return settings
    return msgspec.structs.replace(settings, models=_changed(settings.models, named))


def _changed(section: Section, said: dict[str, Any]) -> Section:
    """A section of the settings with what was said, within its bounds."""
    try:
        values = msgspec.structs.asdict(section) | said
        return msgspec.convert(values, type(section), strict=False)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"the command line: {error}.", "Mend that option.") from error
