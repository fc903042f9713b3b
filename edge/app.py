"""The composition root: reads settings, builds the objects.

Nothing else knows concrete classes. The engine and the uplink share only the outbox on disk, so
they run as two processes on a station and as two threads on a desk, by the same code. What only the
engine needs is imported where it is built: the uplink's process has no room for a compiler, and
may not hold memory that is writable and executable.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from edge import systemd
from edge.engine.engine import Engine
from edge.engine.engine_file import told_abilities, told_health
from edge.engine.health import engine_health, machine_health
from edge.engine.station_key import told_enrolment
from edge.errors import MessageRefused, OutboxFull, OutboxUnusable, PostureError
from edge.inference.shipped import CLOSE, FINDER, NONE, WHOLE, optional_model, shipped_model
from edge.live.line import UplinkEnd
from edge.records import Abilities, Assessment, ModelIdentity
from edge.results.outbox import Outbox
from edge.screening.order import OrderBox
from edge.settings import Settings
from edge.skeletons import BODY_55, COCO_17, SPINE_5, Skeleton
from edge.software.events import GUARD_FOLDER, tell_new
from edge.software.handed_over import EVENTS_NAME
from edge.software.handed_over import FOLDER_NAME as SOFTWARE_FOLDER
from edge.update.desired import FILE_NAME as DESIRED_NAME
from edge.update.desired import take_desired
from edge.update.report import Spool
from edge.uplink.uplink import Uplink
from edge.wire.keys import Signer
from edge.wire.live import OPERATING

if TYPE_CHECKING:
    from edge.estimation.estimator import Estimator
    from edge.update.live import LiveEstimator
    from edge.update.serving import Serving

log = logging.getLogger(__name__)
OUTBOX_NAME = "outbox.db"
MODELS_FOLDER = "models"

OnSaved = Callable[[Assessment, int], None]
OnProblem = Callable[[PostureError], None]


def open_outbox(settings: Settings, signer: Signer | None = None) -> Outbox:
    """The station's outbox; its folder is made where it is missing. signer : for the engine."""
    settings.state_path.mkdir(parents=True, exist_ok=True)
    return Outbox.open(
        settings.state_path / OUTBOX_NAME,
        site=settings.site,
        station=settings.station,
        limit_bytes=int(settings.outbox.limit_mb * 1e6),
        at_limit=settings.outbox.at_limit,
        signer=signer,
        cfg_sha256=_digest(settings),
    )


def _digest(settings: Settings) -> str:
    """Hash of the settings, by which a change is seen; paths that are no UTF-8 count too."""
    try:
        content = msgspec.json.encode(settings, order="deterministic")
    except UnicodeEncodeError:
        content = repr(settings).encode("utf-8", "surrogateescape")
    return hashlib.sha256(content).hexdigest()


def shipped_models(settings: Settings) -> dict[str, Path]:
    """Slot -> the file that serves there until an update brings another."""
    models = settings.models
    shipped = {"finder": Path(models.finder or shipped_model(FINDER))}
    if models.mode != "bottom-up":
        shipped["whole"] = Path(models.whole or shipped_model(WHOLE))
        if (close := optional_model(models.close, CLOSE)) is not None:
            shipped["close"] = close
    return shipped


def serves_last(settings: Settings) -> Path:
    """The file whose keypoints are measured: what looks closely, or places a whole person."""
    models = settings.models
    if models.single:
        close = models.close not in ("", NONE)
        return Path(models.close if close else models.single.split("+")[-1])
    slots = shipped_models(settings)
    return slots.get("close", slots.get("whole", slots["finder"]))


def _live_estimator(settings: Settings, outbox: Outbox, on_problem: OnProblem) -> LiveEstimator:
    """The models as updates change them; their events go into the outbox."""
    from edge.estimation.factory import estimator_for
    from edge.update.live import LiveEstimator
    from edge.update.serving import ModelStore

    folder = settings.state_path / MODELS_FOLDER
    spool = Spool(folder / "events")

    def build(files: Mapping[str, Serving]) -> Estimator:
        paths = {slot: str(file.path) for slot, file in files.items()}
        return estimator_for(
            msgspec.structs.replace(settings.models, **paths),
            sha256={slot: file.sha256 for slot, file in files.items() if file.sha256},
        )

    def accept(data: dict[str, Any]) -> None:
        try:
            outbox.accept_event("model", data)
        except (
            MessageRefused
        ) as refusal:  # it would be refused again, and must not hold up the others
            on_problem(refusal)

    def deliver() -> None:
        try:
            spool.drain(accept)
        except (OutboxFull, OutboxUnusable) as refusal:  # they wait in the spool
            on_problem(refusal)

    store = ModelStore(folder, shipped_models(settings), spool.report)
    return LiveEstimator(store, build, shadow_every=settings.update.shadow_every, deliver=deliver)


def _with_stickers(estimator: Estimator, settings: Settings) -> Estimator:
    """The estimator, which also finds the stickers that the settings name."""
    from edge.markers.estimator import MarkerEstimator
    from edge.markers.stickers import Stickers

    colour, targets = settings.screening.sticker_colour, settings.screening.sticker_targets
    if not colour and not targets:
        return estimator
    return MarkerEstimator(estimator, Stickers(colour) if colour else None, targets)


def _looks_closely(settings: Settings) -> bool:
    """Whether a close network serves."""
    models = settings.models
    if models.single:
        return models.close not in ("", NONE)
    return "close" in shipped_models(settings)


def _skeletons(models: Sequence[ModelIdentity], settings: Settings) -> list[Skeleton]:
    """A body's, if one is looked for, and a spine's: each has the measures of its kind."""
    from edge.markers.skeleton import marked_skeleton

    targets = settings.screening.sticker_targets
    if _looks_closely(settings):
        return [marked_skeleton(BODY_55, None, targets)]
    tasks = {model.task for model in models} - {"detector"}
    spine = "spine" in tasks or bool(settings.screening.sticker_colour)
    body = marked_skeleton(COCO_17, None, targets)
    return [body] * bool(tasks - {"spine"}) + [SPINE_5] * spine


def build_engine(
    settings: Settings, outbox: Outbox, *, on_saved: OnSaved, on_problem: OnProblem
) -> Engine:
    """Camera, models and screening around one outbox.

    on_saved : told of each assessment that was committed, with its number. on_problem : told of
    what goes wrong and is tried again.

    Raises
    ------
    PostureError : a part cannot be had at all: source, model, calibration.
    """
    from edge.screening.calibration_loss import watch_calibration

    engine = _engine(settings, outbox, on_saved=on_saved, on_problem=on_problem)
    watch_calibration(settings.state_path, partial(engine.saving.tell, "fault"))
    return engine


def _engine(
    settings: Settings, outbox: Outbox, *, on_saved: OnSaved, on_problem: OnProblem
) -> Engine:
    from edge.camera.base import origin_of
    from edge.camera.sources import camera_for
    from edge.camera.watch import PictureWatch
    from edge.engine.operating import Operating
    from edge.estimation.estimator import Measurer
    from edge.estimation.factory import estimator_for
    from edge.inference.opencv_threads import leave_cores_to_networks
    from edge.live.line import EngineEnd
    from edge.posture.measurable import measurable
    from edge.screening.admission import Admission
    from edge.screening.calibration_guard import LostGuard, WallGuard
    from edge.screening.calibration_loss import calibration_lost
    from edge.screening.feedback import feedback_for
    from edge.screening.screening import Screening
    from edge.screening.stored import load_calibration

    leave_cores_to_networks()
    stored = load_calibration(settings.state_path)
    calibration = stored.calibration
    guard = (
        LostGuard()
        if calibration_lost(settings.state_path)
        else WallGuard(calibration, stored.marks_px, most_days=settings.screening.calibration_days)
    )
    camera = camera_for(settings.camera)
    watch = PictureWatch() if origin_of(camera) == "camera" else None
    build = partial(
        Engine, camera, state_path=settings.state_path, watch=watch, on_problem=on_problem
    )

    def progress(done: int, most: int) -> None:
        systemd.alive(f"measuring: look {done} of {most}")

    feedback = feedback_for(settings.feedback)
    screen = partial(
        Screening,
        settings.screening,
        camera.name,
        origin=origin_of(camera),
        calibration=calibration,
        admission=Admission(settings.screening.start, OrderBox(settings.state_path)),
        guard=guard,
        feedback=feedback,
        progress=progress,
    )
    reach = partial(
        Operating, line=EngineEnd(settings.state_path), source=camera.name,
        origin=origin_of(camera), calibration=calibration,
        least_stature_px=settings.screening.least_stature_px, feedback=feedback,
    )  # fmt: skip
    if not settings.update.url or settings.models.single:  # nothing changes the files
        fixed = _with_stickers(estimator_for(settings.models), settings)
        measurer = fixed if isinstance(fixed, Measurer) and _looks_closely(settings) else None
        screening = reach(screen(models=fixed.models, measurer=measurer))
        measures = measurable(_skeletons(fixed.models, settings))
        return build(fixed, screening, outbox, measures=measures, on_saved=on_saved)
    live = _live_estimator(settings, outbox, on_problem)
    marked = _with_stickers(live, settings)

    def saved(assessment: Assessment, seq: int) -> None:
        if assessment.kind != "fms":  # a sheet says nothing of the models
            live.saw_result(assessment)
        on_saved(assessment, seq)

    measurer = marked if isinstance(marked, Measurer) and _looks_closely(settings) else None
    screening = reach(screen(models=live.models, measurer=measurer))
    measures = measurable(_skeletons(live.models, settings))
    return build(marked, screening, outbox, measures=measures, on_saved=saved, on_end=live.leave)


def software_events(
    settings: Settings, outbox: Outbox, on_problem: OnProblem
) -> Callable[[], None]:
    """A function that sends on what guard and download have told; to be called now and then."""
    told = settings.state_path / "software_told"

    def accept(data: dict[str, Any]) -> None:
        try:
            outbox.accept_event("software", data)
        except (
            MessageRefused
        ) as refusal:  # it would be refused again, and must not hold up the others
            on_problem(refusal)

    def deliver() -> None:
        downloads = settings.state_path / SOFTWARE_FOLDER / EVENTS_NAME
        try:
            tell_new(GUARD_FOLDER, told, accept)
            if downloads.is_dir():
                Spool(downloads).drain(accept)
        except (OSError, OutboxFull, OutboxUnusable) as trouble:  # they wait where they are
            log.warning("software events: %s", trouble)

    return deliver


def build_uplink(
    settings: Settings, outbox: Outbox, *, engine: Engine | None, on_problem: OnProblem
) -> Uplink:
    """What sends the outbox, and every minute the health of the machine and of the engine."""

    def vitals() -> dict[str, Any]:
        health = machine_health(settings.state_path)
        told = told_health(settings.state_path) if engine is None else engine_health(engine)
        return health | told

    def abilities() -> Abilities:
        return told_abilities(settings.state_path) if engine is None else engine.abilities

    desired = partial(take_desired, settings.state_path / DESIRED_NAME, outbox)
    line = UplinkEnd(settings.state_path)
    commands = {"screen": OrderBox(settings.state_path).put} | {
        name: line.asking(name, kind) for name, kind in OPERATING.items()
    }
    enrolment = partial(told_enrolment, settings.state_path)
    return Uplink(
        settings, outbox, enrolment=enrolment, vitals=vitals, abilities=abilities,
        commands=commands, desired=desired, live=line.heard, on_problem=on_problem,
    )  # fmt: skip
