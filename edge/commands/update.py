"""`posture-station update`: a new model file and a new release, if there is one for us."""

from __future__ import annotations

from pathlib import Path

from edge.app import MODELS_FOLDER, shipped_models
from edge.cli.output import Output
from edge.commands.software import machine_of
from edge.errors import PostureError, SettingsInvalid
from edge.settings import Settings
from edge.software.fetch import SoftwareDownload
from edge.software.handed_over import EVENTS_NAME
from edge.software.handed_over import FOLDER_NAME as SOFTWARE_FOLDER
from edge.software.places import Places
from edge.software.releases import load_releases
from edge.update.desired import FILE_NAME as DESIRED_NAME
from edge.update.download import Patience
from edge.update.report import Spool
from edge.update.repository import Source
from edge.update.updater import Updater


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
    source = Source(
        update.url.rstrip("/"), root, patience=Patience(rate_bytes_s=update.rate_kb_s * 1e3)
    )
    trouble: PostureError | None = None
    try:
        _take_model(settings, source, out)
    except PostureError as error:  # a model that is refused must not keep a release back
        trouble = error
    if Places().folder.is_dir():  # installed by systemd/install; a desk is updated by its person
        _take_release(settings, source, out)
    if trouble is not None:
        raise trouble
    return 0


def _take_model(settings: Settings, source: Source, out: Output) -> None:
    folder = settings.state_path / MODELS_FOLDER
    updater = Updater(
        folder,
        source,
        station=settings.station,
        shipped=shipped_models(settings),
        desired=settings.state_path / DESIRED_NAME,
        report=Spool(folder / EVENTS_NAME).report,
        reserve_bytes=int(settings.update.reserve_mb * 1e6),
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


def _take_release(settings: Settings, source: Source, out: Output) -> None:
    folder = settings.state_path / SOFTWARE_FOLDER
    download = SoftwareDownload(
        folder,
        source,
        machine=machine_of(settings),
        releases=lambda: load_releases(Places().folder),
        desired=settings.state_path / DESIRED_NAME,
        report=Spool(folder / EVENTS_NAME).report,
        reserve_bytes=int(settings.update.reserve_mb * 1e6),
    )
    offer = download.run()
    if offer is None:
        out.line("no new release for this station")
    else:
        out.line(f"release {offer.terms.version} is handed over: posture-software tries it")
