"""What `posture-collector serve` is told, and the files that the pages keep for themselves."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from edge.errors import SettingsInvalid
from edge.files import write_durably
from edge.mqtt.settings import MqttSettings

_SECRET_BYTES = 48


@dataclass(frozen=True)
class PagesConfig:
    """One server of pages.

    store : the collector's file. own : accounts, audit log and sessions, a file beside it.
    behind_proxy : a proxy on this machine ends TLS and says so by X-Forwarded-Proto; without it
        and without `plain` the pages are not served to other machines. idle_minutes : after which
        an account is logged out. site, mqtt : whose stations can be commanded, and by which
        broker; without, the pages only show. keys : the folder of which only the command key is
        read. uploads : operators may give photographs, which are kept until they are reviewed.
    """

    store: Path
    host: str = "127.0.0.1"
    port: int = 8400
    behind_proxy: bool = False
    plain: bool = False
    names: tuple[str, ...] = ()
    idle_minutes: int = 20
    site: str = ""
    mqtt: MqttSettings | None = None
    keys: Path | None = None
    uploads: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.store, Path):
            raise SettingsInvalid(
                "The pages read a store that is a file, no database.",
                "Name the collector's file with --store.",
            )

    @property
    def own(self) -> Path:
        return self.store.with_suffix(".pages.db")

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in ("127.0.0.1", "::1", "localhost")

    @property
    def is_secure(self) -> bool:
        """Whether cookies travel by TLS alone."""
        return self.behind_proxy

    def check(self) -> None:
        """Refuse what would let passwords be read on the network.

        Raises
        ------
        SettingsInvalid : another machine could reach the pages without TLS.
        """
        if not (self.is_local or self.behind_proxy or self.plain):
            raise SettingsInvalid(
                f"Pages on {self.host} would be sent without TLS.",
                "Serve them to 127.0.0.1 and put a proxy with TLS before them (--behind-proxy), "
                "or say --plain where the network is yours alone.",
            )


def secret_of(config: PagesConfig) -> str:
    """The key that signs cookies: made once, readable by this user alone."""
    path = config.own.with_suffix(".key")
    if not path.exists():
        write_durably(path, secrets.token_urlsafe(_SECRET_BYTES).encode(), mode=0o600)
    return path.read_text("ascii").strip()
