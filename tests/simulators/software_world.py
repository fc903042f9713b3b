"""Releases of a station's software from their wheels to a confirmed environment.

The wheels are small but real, the repository and its server too; in place of systemd stands a
manager whose units behave as the release says that is linked when they start.
"""

from __future__ import annotations

import io
import json
import platform
import shutil
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posture_tools.repository.wheel_sets import terms_of, wheel_set_of
from simulators.model_world import PATIENT, Publisher

from edge.errors import UpdateRefused
from edge.software.choice import Machine
from edge.software.environment import UNITS, Environments
from edge.software.fetch import SoftwareDownload
from edge.software.guard import Guard
from edge.software.places import Places, Trust
from edge.software.releases import Release, Releases, load_releases
from edge.software.service_manager import UnitState
from edge.update.repository import Source
from edge.update.web import Web

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
MACHINE = platform.machine()
IMAGE_VERSION = "1.0.0"
STARTS = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n"
_UNITS = {
    "posture-engine.service": STARTS,
    "posture-uplink.service": STARTS,
    "posture-netwatch.service": STARTS,
    "posture-software.service": "[Service]\nExecStart=/bin/true\n",
}
_PROGRAM = """import sys
if "--version" in sys.argv:
    print("{version}")
sys.exit({status} if "--version" not in sys.argv else 0)
"""


def wheel(
    name: str, version: str, files: dict[str, str], *, tag: str = "py3-none-any", head: str = ""
) -> tuple[str, bytes]:
    """File name and bytes of a wheel. head : further lines of its metadata."""
    base = f"{name.replace('-', '_')}-{version}"
    said = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{head}"
    inside = files | {
        f"{base}.dist-info/METADATA": said,
        f"{base}.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = f"{base}.dist-info/RECORD"
    inside[record] = "".join(f"{each},,\n" for each in [*inside, record])
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for each, text in inside.items():
            archive.writestr(zipfile.ZipInfo(each, (2026, 1, 1, 0, 0, 0)), text)
    return f"{base}-{tag}.whl", data.getvalue()


def station_wheel(
    version: str,
    *,
    behaviour: str = "well",
    check_status: int = 0,
    units: dict[str, str] | None = None,
    needs: str = "numpy",
) -> tuple[str, bytes]:
    """The station's own wheel: program, units, and how its units behave once they run."""
    base = f"posture_station-{version}"
    program = _PROGRAM.format(version=version, status=check_status)
    files = {
        "toy_station/__init__.py": f"BEHAVIOUR = {behaviour!r}\n\n\ndef main():\n    "
        + program.replace("\n", "\n    ").rstrip() + "\n",
        "behaviour.txt": behaviour,
        f"{base}.dist-info/entry_points.txt":
            "[console_scripts]\nposture-station = toy_station:main\n",
    }  # fmt: skip
    shared = f"{base}.data/data/share/posture-station/systemd"
    files |= {f"{shared}/{each}": text for each, text in (units or _UNITS).items()}
    head = f"Requires-Dist: {needs}\n" if needs else ""
    return wheel("posture-station", version, files, head=head)


def bound_wheel(version: str = "2.0", python: str = PYTHON) -> tuple[str, bytes]:
    """A wheel for one Python and one machine, some kB long."""
    tag = f"cp{python.replace('.', '')}"
    ballast = "".join(f"# {n}\n" for n in range(4000))
    return wheel(
        "numpy",
        version,
        {"numpy/__init__.py": ballast},
        tag=f"{tag}-{tag}-manylinux_2_17_{MACHINE}",
    )


def wheels_folder(folder: Path, *wheels: tuple[str, bytes]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, data in wheels:
        (folder / name).write_bytes(data)
    return folder


def release(
    publisher: Publisher,
    version: str,
    *,
    ring: int = 100,
    python: str = PYTHON,
    publish: bool = True,
    not_before: str = "",
    **about: Any,
) -> str:
    """Publish a release; returns the sha256 of its list of wheels."""
    folder = wheels_folder(
        publisher.folder / "wheels", station_wheel(version, **about), bound_wheel(python=python)
    )
    wheels, files, _ = wheel_set_of(folder)
    terms = terms_of(wheels, 100_000, ring, not_before)
    sha256 = publisher.repository.release(wheels, files, terms)
    if publish:
        publisher.sign_and_publish()
    return sha256


def unpack(folder: Path, _python: Path, wheels: Sequence[Path]) -> None:
    """An environment without pip, which takes seconds: what the wheels hold, where it belongs."""
    for path in wheels:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                inside, _, shared = info.filename.partition(".data/data/")
                target = folder / "venv" / (shared or f"lib/{inside}")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(info))


def prove_here(folder: Path, release: Release) -> None:
    """As the real one, without processes."""
    if behaviour_of(folder) == "fails its check":
        raise UpdateRefused("fails_check", f"{release.name} fails its check.")


def behaviour_of(folder: Path) -> str:
    path = folder / "venv/lib/behaviour.txt"
    return path.read_text() if path.exists() else "well"


@dataclass
class Manager:
    """Stands for systemd: units run by the release that `active` led to when they were started.

    states of a release : well; crashes (three restarts); no camera (the engine never gets ready);
    no broker (the uplink never connects).
    """

    active: Path
    running: dict[str, str] = field(default_factory=dict)
    reloads: int = 0
    log: list[str] = field(default_factory=list)

    def boot(self, units: Path) -> None:
        """The machine starts what is installed."""
        self.start([path.name for path in units.iterdir()])

    def reload(self) -> None:
        self.reloads += 1

    def start(self, units: Sequence[str]) -> None:
        behaviour = behaviour_of(self.active.resolve())
        for unit in units:
            self.running.setdefault(unit, behaviour)

    def restart(self, units: Sequence[str]) -> None:
        self.stop(units)
        self.start(units)
        self.log.append(f"restart {self.active.resolve().name}")

    def stop(self, units: Sequence[str]) -> None:
        for unit in units:
            self.running.pop(unit, None)

    def states(self, units: Sequence[str]) -> dict[str, UnitState]:
        return {unit: self._state(unit) for unit in units}

    def _state(self, unit: str) -> UnitState:
        behaviour = self.running.get(unit)
        if behaviour is None:
            return UnitState()
        engine, uplink = unit == "posture-engine.service", unit == "posture-uplink.service"
        if engine and behaviour == "crashes":
            return UnitState(restarts=3)
        if engine and behaviour == "no camera":
            return UnitState()
        connected = "connected, 0 waiting" if behaviour != "no broker" else "connecting, 0 waiting"
        return UnitState(active=True, status=connected if uplink else "measuring")


@dataclass
class SoftwareStation:
    """A station's folders, and what its two sides reported.

    root, url : of the repository. seconds : its clock, which sleeping moves.
    """

    folder: Path
    root: bytes
    url: str
    name: str = "hall-1"
    downloads: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    reserve_bytes: int = 0
    outbox_version: int = 1

    def __post_init__(self) -> None:
        image = self.places.image
        if not image.exists():
            units = image / UNITS
            units.mkdir(parents=True)
            for name, text in _UNITS.items():
                (units / name).write_text(text)
            shutil.copytree(units, self.places.image_units)
            self.places.state.mkdir(parents=True)
            self.places.boot_units.mkdir(parents=True)
        self.manager = Manager(self.places.active)

    @property
    def places(self) -> Places:
        at = self.folder
        return Places(
            at / "software", at / "state" / "software", at / "state", at / "image",
            at / "image_units", at.with_name(f"{at.name}.run") / "system",
        )  # fmt: skip

    @property
    def machine(self) -> Machine:
        try:
            confirmed = self.releases.confirmed
        except ValueError:  # damaged by a test
            confirmed = None
        version = IMAGE_VERSION if confirmed is None else confirmed.version
        return Machine(self.name, version, PYTHON, frozenset({PYTHON}), MACHINE)

    @property
    def releases(self) -> Releases:
        return load_releases(self.places.folder)

    @property
    def serves(self) -> str:
        """The version that `active` leads to."""
        at = self.places.active.resolve()
        return IMAGE_VERSION if at == self.places.image.resolve() else at.name.partition("-")[0]

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the guard told."""
        folder = self.places.folder / "events"
        return [json.loads(path.read_bytes()) for path in sorted(folder.glob("[0-9]*.json"))]

    def reasons(self, step: str) -> list[str]:
        told = [*self.downloads, *self.events]
        return [event["reason"] for event in told if event["step"] == step]

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def guard(self, environments: Environments | None = None, **changes: Any) -> Guard:
        options: dict[str, Any] = {
            "manager": self.manager, "outbox_version": lambda _: self.outbox_version,
            "clock_s": lambda: self.seconds, "sleep": self.sleep,
            "pythons": lambda: {PYTHON: Path(sys.executable)},
        }  # fmt: skip
        environments = environments or Environments(self.places.folder, unpack, prove_here)
        return Guard(
            self.places, changes.pop("machine", self.machine), environments=environments,
            **(options | changes),
        )  # fmt: skip

    def trust(self, **changes: Any) -> Trust:
        options = {"root": self.root, "url": self.url, "desired": self.desired}
        return Trust(**(options | changes))

    @property
    def desired(self) -> Path:
        return self.folder / "desired.json"

    def download(self, report: Callable[[dict[str, Any]], None] | None = None, **changes: Any):
        options: dict[str, Any] = {
            "machine": self.machine, "releases": lambda: self.releases, "desired": self.desired,
            "report": report or self.downloads.append, "reserve_bytes": self.reserve_bytes,
        }  # fmt: skip
        source = Source(self.url, self.root, Web(30.0), PATIENT, 30.0)
        return SoftwareDownload(self.places.handed_over, source, **(options | changes))

    def power_on(self) -> bool:
        """What a boot does: the folder of the boot is empty, the guard first, then all units."""
        shutil.rmtree(self.places.boot_units, ignore_errors=True)
        self.places.boot_units.mkdir(parents=True)
        self.manager.running.clear()
        trial = self.guard().boot()
        self.manager.boot(self.places.image_units)
        return trial

    def update(self) -> None:
        """The timer's run, and what it hands over to the guard."""
        self.download().run()
        self.guard().run(self.trust())
