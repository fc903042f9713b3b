"""`posture-station software`: which release of its own programs this station runs."""

from __future__ import annotations

import logging
import platform
import subprocess
import sys
from pathlib import Path

from edge import __version__
from edge.cli.output import Output
from edge.errors import ModelRefused
from edge.settings import Settings
from edge.software.choice import Machine
from edge.software.environment import interpreters
from edge.software.guard import Guard
from edge.software.places import Places, Trust
from edge.software.releases import Release, load_releases
from edge.update.desired import FILE_NAME as DESIRED_NAME

_GUARD_UNIT = "posture-software.service"


def machine_of(settings: Settings) -> Machine:
    """This machine, as the choice of a release sees it."""
    return Machine(
        station=settings.station,
        software=__version__,
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        pythons=frozenset(interpreters()),
        architecture=platform.machine(),
    )


def _guard(settings: Settings) -> Guard:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    return Guard(Places(), machine_of(settings))


def boot(out: Output) -> int:
    """Choose the release that serves, before anything of the station starts. An open trial is
    watched by another unit.

    No settings are read: wrong ones must not keep a release from being rolled back.
    """
    open_trial = _guard(Settings()).boot()
    out.line("a release is on trial" if open_trial else "the confirmed release serves")
    if open_trial:
        _systemctl("start", "--no-block", _GUARD_UNIT)
    return 0


def switch(settings: Settings, out: Output) -> int:
    update = settings.update
    trust = None
    if update.url and update.root_file:
        root = Path(update.root_file).read_bytes()
        trust = Trust(root, update.url.rstrip("/"), Places().state / DESIRED_NAME)
    _guard(settings).run(trust)
    out.line(f"serving: {_named(load_releases(Places().folder).serving)}")
    return 0


def status(out: Output) -> int:
    """What serves, what is kept for the way back, what is on trial, and what failed here."""
    releases = load_releases(Places().folder)
    trial = releases.trial
    out.answer(releases)
    out.line(f"confirmed  {_named(releases.confirmed)}")
    if releases.confirmed is not None:
        out.line(f"before it  {_named(releases.previous)}")
    if trial is not None:
        out.line(f"on trial   {_named(trial.release)}, start {trial.tries}")
    for sha256, verdict in releases.bad.items():
        out.line(f"failed     {sha256}: {verdict.reason}")
    return 0


def roll_back(out: Output) -> int:
    _systemctl("stop", _GUARD_UNIT)  # it holds the lock while it watches a trial
    out.line(f"serving: {_named(_guard(Settings()).take_back())}")
    return 0


def use_image(out: Output) -> int:
    _systemctl("stop", _GUARD_UNIT)
    _guard(Settings()).use_image()
    out.line("the installed release serves")
    return 0


def check(settings: Settings, out: Output) -> int:
    """Whether this release can serve on this machine, asked before it does.

    Raises
    ------
    ModelRefused : a shipped model does not load here, or does not answer as it should.
    """
    # The guard itself loads neither a runtime nor the engine.
    import numpy as np

    from edge.app import shipped_models
    from edge.inference.golden import golden_faults, golden_picture
    from edge.inference.network import Network

    for slot, path in shipped_models(settings).items():
        network = Network.load(path, threads=settings.models.threads)
        golden = network.description.golden
        if golden is None:
            raise ModelRefused(f"{path} has no golden vectors.")
        picture = golden_picture(golden.seed, golden.height_px, golden.width_px)
        outputs = network.run(picture)
        faults = golden_faults(golden, outputs)
        faults += [
            f"{role} is not finite" for role, o in outputs.items() if not np.isfinite(o).all()
        ]
        if faults:
            raise ModelRefused(f"{path}: {'; '.join(faults)}.")
        out.line(f"{slot}: {network.identity.name} {network.identity.version} answers as it should")
    return 0


def _named(release: Release | None) -> str:
    if release is None:
        return f"as installed ({Places().image})"
    return f"{release.version} for Python {release.python}, {release.sha256}"


def _systemctl(*arguments: str) -> None:
    subprocess.run(["/usr/bin/systemctl", *arguments], check=False, timeout=180)  # noqa: S603
