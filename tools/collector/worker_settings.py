"""`collector.toml`: one worker of a site with several brokers. Every worker may have the same file.

    site = "north"
    store = "postgresql://collector@db-1.local,db-2.local/posture"
    keys = "/etc/posture-collector/keys"
    metrics = "127.0.0.1:9465"
    keep_months = 24

    [[broker]]
    host = "broker-1.local"
    port = 8883
    tls = true
    ca_file = "/etc/posture-collector/ca.pem"
    username = "_collector"
    password_file = "/etc/posture-collector/collector.password"

It holds no secret: a database's password stands in the file that PGPASSFILE names, or `?passfile=`
in the address.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from edge.errors import NOT_TOML, SettingsInvalid
from edge.mqtt.settings import MqttSettings
from edge.wire.topics import TopicLevel


class WorkerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A worker's `collector.toml`, read and checked."""

    site: TopicLevel
    """The site whose stations this worker hears."""
    store: str
    """File, or address of a PostgreSQL database, that holds the results."""
    broker: Annotated[tuple[MqttSettings, ...], msgspec.Meta(min_length=1)]
    """The site's brokers, one table each, with the keys of the station's section `mqtt`."""
    keys: str = ""
    """Folder with the keys for receipts and commands; empty for a site without."""
    metrics: str = ""
    """HOST:PORT where Prometheus may read what the worker counts; empty for nowhere."""
    home_assistant: bool = False
    """Tell Home Assistant of each station: of its state and health, never of measures."""
    keep_months: Annotated[int, msgspec.Meta(ge=0, le=1200)] = 0
    """Whole months whose bodies stay in the tables; 0 for all, and nothing is archived."""

    def __post_init__(self) -> None:
        if any(each.also for each in self.broker):
            raise ValueError("a worker serves every broker: give each a section of its own")


def load_worker_settings(path: Path) -> WorkerSettings:
    """Read `collector.toml`. Raises SettingsInvalid, also for a password in the store's address."""
    try:
        settings = msgspec.toml.decode(path.read_bytes(), type=WorkerSettings)
    except (OSError, *NOT_TOML, msgspec.DecodeError) as error:
        raise SettingsInvalid(
            f"{path} cannot be used: {error}.", "docs/grow.md shows such a file."
        ) from error
    login, at, _ = settings.store.partition("@")
    if at and ":" in login.partition("//")[2]:
        raise SettingsInvalid(
            f"{path}: the address of the store holds a password.",
            "Write it into a file that PGPASSFILE names.",
        )
    return settings
