"""What `posture-collector serve` is told, and the files that the pages keep for themselves."""

from __future__ import annotations

import secrets
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from posture_tools.collector.opening import STATE, Where
from posture_tools.pages.sign_on import SignOn

from edge.errors import SettingsInvalid
from edge.files import write_durably
from edge.mqtt.settings import MqttSettings

_SECRET_BYTES = 48


@dataclass(frozen=True)
class Pace:
    """How much one address may ask in a minute: anything, and passwords or codes."""

    requests: int = 6_000
    log_ins: int = 40


@dataclass(frozen=True)
class PagesConfig:
    """One server of pages.

    time_zone : of times of day that are shown, and of days that are looked for.
    store : the collector's file, or the address of its database. own : accounts, audit log and
    sessions, a file beside that file; in a database they are a schema of its own.
    proxy : the address of a proxy that ends TLS; what it says of its callers is believed, and
        nobody else. tls_cert, tls_key : end TLS here. Without either and without `plain` the pages
        are not served to other machines. idle_minutes : after which an account is logged out.
    second_factor : whether every account needs one. sign_on : a provider that vouches for accounts.
    site, mqtt : whose stations can be commanded, and by which broker; without, the pages only
        show. keys : the folder of which only the command key is read.
        uploads : operators may give photographs, which are kept until they are reviewed.
    """

    store: Where
    host: str = "127.0.0.1"
    port: int = 8400
    proxy: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    plain: bool = False
    names: tuple[str, ...] = ()
    time_zone: str = "UTC"
    idle_minutes: int = 20
    second_factor: bool = False
    sign_on: SignOn | None = None
    pace: Pace = field(default_factory=Pace)
    site: str = ""
    mqtt: MqttSettings | None = None
    keys: Path | None = None
    uploads: bool = False

    @property
    def own(self) -> Path:
        base = self.store if isinstance(self.store, Path) else STATE / "postgresql.db"
        return base.with_suffix(".pages.db")

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in ("127.0.0.1", "::1", "localhost")

    @property
    def is_secure(self) -> bool:
        """Whether cookies travel by TLS alone."""
        return bool(self.proxy or self.tls_cert)

    @property
    def zone(self) -> ZoneInfo:
        """Raises SettingsInvalid where this machine knows no zone of that name."""
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingsInvalid(
                f"There is no time zone {self.time_zone}.", "Name one as Asia/Seoul is."
            ) from error

    def check(self) -> None:
        """Refuse what would let passwords be read on the network, and what could not be served.

        Raises
        ------
        SettingsInvalid : another machine could reach the pages without TLS; half of a certificate,
            or one that cannot be used; a time zone that is none.
        """
        _ = self.zone
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingsInvalid(
                "A certificate needs its key.", "Give both --tls-cert and --tls-key."
            )
        if self.tls_cert is not None and self.tls_key is not None:
            _check_certificate(self.tls_cert, self.tls_key)
        if not (self.is_local or self.is_secure or self.plain):
            raise SettingsInvalid(
                f"Pages on {self.host} would be sent without TLS.",
                "Give --tls-cert and --tls-key, or put a proxy with TLS before them "
                "(--behind-proxy), or say --plain where the network is yours alone.",
            )


def _check_certificate(certificate: Path, key: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")  # else OpenSSL would ask
    except OSError as error:  # of which SSLError is one
        raise SettingsInvalid(
            f"The certificate {certificate} cannot be used with the key {key}: {error}.",
            "Give a PEM file, with its chain, and its key without a password.",
        ) from error


def secret_of(config: PagesConfig) -> str:
    """The key that signs cookies: made once, readable by this user alone."""
    path = config.own.with_suffix(".key")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, secrets.token_urlsafe(_SECRET_BYTES).encode(), mode=0o600)
    return path.read_text("ascii").strip()
