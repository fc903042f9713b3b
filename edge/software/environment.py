"""Environments side by side: one folder a release, complete and proved, or not there.

An environment is built at the place where it will serve, for its scripts name that place, and never
built again: a marker, written after all of it was flushed, says that it is complete. What has no
marker is the remains of a run that was cut off.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from edge.errors import NOT_JSON, UpdateDelayed, UpdateRefused
from edge.files import make_folder, sync_folder, write_durably
from edge.software.releases import Release

PROGRAM = Path("venv/bin/posture-station")
UNITS = Path("venv/share/posture-station/systemd")
MARKER = "release.json"
_SUPPORTED = ("3.11", "3.12", "3.13")
_BUILD_S = 3600.0
_PROVE_S = 1800.0

Build = Callable[[Path, Path, Sequence[Path]], None]
Prove = Callable[[Path, Release], None]


def interpreters() -> dict[str, Path]:
    """Version -> path of each Python of this machine that an environment can stand on."""
    found = {}
    for version in _SUPPORTED:
        path = shutil.which(f"python{version}", path="/usr/local/bin:/usr/bin")
        if path is not None and _run([path, "-c", "import ensurepip"], 60.0) == "":
            found[version] = Path(path)
    return found


def build_venv(folder: Path, python: Path, wheels: Sequence[Path]) -> None:
    """A virtual environment of these wheels and nothing else. Raises as `Environments.make`."""
    # picamera2 is bound to the system's libcamera, and comes from there.
    camera = "import importlib.util as u, sys; sys.exit(u.find_spec('picamera2') is None)"
    system = ["--system-site-packages"] if _run([str(python), "-c", camera], 60.0) == "" else []
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    for command in (
        [str(python), "-m", "venv", *system, str(folder / "venv")],
        [*pip, "install", "--no-index", "--no-deps", "--no-cache-dir", *map(str, wheels)],
    ):
        if problem := _run(command, _BUILD_S):
            raise _does_not_install(problem)


def prove(folder: Path, release: Release) -> None:
    """What can be found out about an environment before it serves; compiles its kernels too.

    Raises
    ------
    UpdateRefused : fails_check.
    """
    program = str(folder / PROGRAM)
    version = subprocess.run(  # noqa: S603 - the command stands in this file
        [program, "--version"], capture_output=True, text=True, check=False
    )
    if version.stdout.split()[-1:] != [release.version]:
        said = (version.stdout + version.stderr).strip()[-300:]
        raise UpdateRefused("fails_check", f"{release.name} calls itself {said or 'nothing'}.")
    pip = [str(folder / "venv/bin/python"), "-m", "pip", "--disable-pip-version-check", "check"]
    for command in (pip, [program, "software", "check"], [program, "warmup"]):
        if problem := _run(command, _PROVE_S, NUMBA_CACHE_DIR=_kernels(folder)):
            raise UpdateRefused("fails_check", f"{release.name}: {' '.join(command)}: {problem}.")


def outbox_version(folder: Path) -> int | None:
    """The newest version of an outbox that a release can read; None where it cannot tell."""
    ask = "from edge.results.upgrade import VERSION; print(VERSION)"
    try:
        done = subprocess.run(  # noqa: S603 - the command stands in this file
            [str(folder / "venv/bin/python"), "-c", ask],
            capture_output=True, text=True, check=False, timeout=_PROVE_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return int(done.stdout) if done.stdout.strip().isdigit() else None


class Environments:
    """folder : root's own; each release has a folder in it, and kernels compiled for it.

    build, prove : how an environment is made of wheels, and how it proves itself.
    """

    def __init__(self, folder: Path, build: Build = build_venv, prove: Prove = prove) -> None:
        self._folder = folder / "releases"
        self._build = build
        self._prove = prove
        make_folder(self._folder)

    def path(self, release: Release) -> Path:
        return self._folder / release.name

    def holds(self, release: Release) -> bool:
        """Whether it is there, complete."""
        try:
            data = (self.path(release) / MARKER).read_bytes()
            return msgspec.json.decode(data, type=Release) == release
        except (OSError, *NOT_JSON):
            return False

    def make(self, release: Release, python: Path, wheels: Sequence[Path]) -> None:
        """Build the environment of a release, if it is not there.

        Raises
        ------
        UpdateDelayed : disk_full; nothing is left of it.
        UpdateRefused : does_not_install, fails_check; nothing is left of it.
        """
        if self.holds(release):
            return
        folder = self.path(release)
        try:
            self._remove(folder)
            make_folder(folder)
            self._build(folder, python, wheels)
            write_durably(folder / "venv/kernels.env", _kernels_line(folder), mode=0o644)
            self._prove(folder, release)
            os.sync()  # pip flushes nothing
            write_durably(folder / MARKER, msgspec.json.encode(release), mode=0o644)
        except OSError as error:
            self._remove(folder)
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise _does_not_install(str(error)) from error
            raise UpdateDelayed("disk_full", f"{release.name}: {error}.", "Free space.") from error
        except (UpdateDelayed, UpdateRefused):
            self._remove(folder)
            raise

    def collect(self, kept: Iterable[str]) -> list[str]:
        """Remove every environment but these. Returns the names of what went."""
        names = set(kept)
        gone = [path for path in self._folder.iterdir() if path.name not in names]
        for path in gone:
            self._remove(path)
        return [path.name for path in gone]

    def _remove(self, folder: Path) -> None:
        """Remove an environment, its marker first: half of one must not pass for complete."""
        if folder.exists():
            (folder / MARKER).unlink(missing_ok=True)
            sync_folder(folder)
            shutil.rmtree(folder)
        shutil.rmtree(_kernels(folder), ignore_errors=True)


def _kernels(folder: Path) -> str:
    """numba's cache of one release. It lies beside the others', where all its users expect it."""
    return str(folder.parents[2] / "kernels" / folder.name)


def _kernels_line(folder: Path) -> bytes:
    return f"NUMBA_CACHE_DIR={_kernels(folder)}\n".encode()


def _does_not_install(problem: str) -> UpdateDelayed | UpdateRefused:
    if "No space left" in problem or "Disk quota" in problem:
        return UpdateDelayed("disk_full", f"{problem}.", "Free space on the state partition.")
    return UpdateRefused("does_not_install", f"{problem}.", "Publish a set that is complete.")


def _run(command: Sequence[str], limit_s: float, **environment: str) -> str:
    """ "" when a command ended well, else its last words."""
    try:
        done = subprocess.run(  # noqa: S603 - the commands stand in this file
            command, capture_output=True, text=True, errors="replace", check=False,
            timeout=limit_s, env={**os.environ, **environment},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no end within {limit_s:.0f} s"
    if done.returncode == 0:
        return ""
    words = (done.stderr + done.stdout).strip().splitlines()[-3:]
    return " ".join(words)[-400:] or f"status {done.returncode}"
