"""`posture-station update`: take one new model file, if there is one for this station."""

from __future__ import annotations

from pathlib import Path

from edge.app import MODELS_FOLDER, shipped_models
from edge.cli.output import Output
from edge.errors import SettingsInvalid
from edge.settings import Settings
from edge.update.desired import FILE_NAME as DESIRED_NAME
from edge.update.download import Patience
from edge.update.report import Spool
from edge.update.updater import Source, Updater


def run(settings: Settings, out: Output) -> int:
    """Print what was done. Errors say why nothing was; what serves goes on serving."""
    update = settings.update
    if not update.url or not update.root_file:
        raise SettingsInvalid(
            "no repository is set to update from.",
            "Set update.url and update.root_file; without them the shipped models serve.",
        )
    try:
        root = Path(update.root_file).read_bytes()
    except OSError as error:
        raise SettingsInvalid(
            f"cannot read {update.root_file}: {error.strerror}.",
            "It is the root.json of the repository, and belongs into the device's image.",
        ) from error
    folder = settings.state_path / MODELS_FOLDER
    source = Source(
        update.url.rstrip("/"), root, patience=Patience(rate_bytes_s=update.rate_kb_s * 1e3)
    )
    updater = Updater(
        folder,
        source,
        station=settings.station,
        shipped=shipped_models(settings),
        desired=settings.state_path / DESIRED_NAME,
        report=Spool(folder / "events").report,
        reserve_bytes=int(update.reserve_mb * 1e6),
        threads=settings.models.threads,
    )
    offer = updater.run()
    if offer is None:
        out.line("no new model for this station")
    else:
        out.line(
            f"{offer.terms.name} {offer.terms.version} is the candidate of {offer.terms.slot}: "
            "the station tries it between two screenings"
        )
    return 0
