"""The station's own key: made at the first start, readable by the engine alone.

The engine has no network, so whoever breaks into what talks to the broker cannot sign a result.
"""

from __future__ import annotations

from pathlib import Path

from edge.errors import SettingsInvalid
from edge.files import make_folder, write_durably
from edge.settings import Settings
from edge.wire.enrol import enrolment
from edge.wire.keys import Signer

KEY_NAME = "keys/station.pem"
ENROL_NAME = "enrol.txt"  # what the uplink publishes; nothing in it is secret


def station_signer(settings: Settings) -> Signer:
    """Load the key, or make it; leave word of it for the uplink.

    Raises
    ------
    SettingsInvalid : the key or the token cannot be read. A key is never made a second time.
    """
    path = settings.state_path / KEY_NAME
    if path.exists():
        signer = Signer.load(path)
    else:
        signer = Signer.new()
        make_folder(path.parent)
        path.parent.chmod(0o700)
        write_durably(path, signer.pem(), mode=0o600)
    said = enrolment(signer, settings.site, settings.station, _token(settings))
    file = settings.state_path / ENROL_NAME
    if not file.exists() or file.read_bytes() != said:
        write_durably(file, said, mode=0o644)
    return signer


def told_enrolment(state_path: Path) -> bytes:
    """The public key as the uplink reads it; empty before the engine has started once."""
    try:
        return (state_path / ENROL_NAME).read_bytes()
    except OSError:
        return b""


def _token(settings: Settings) -> str:
    name = settings.trust.token_file
    if not name:
        return ""
    try:
        return Path(name).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid(
            f"The token {name} cannot be read: {error}.", "Check trust.token_file."
        ) from error
