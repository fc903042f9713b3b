"""`posture-station warmup`: what takes long is done once: kernels and TensorRT engines.

Run it at installation and after an update of the models.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge import systemd
from edge.app import MODELS_FOLDER, shipped_models
from edge.cli.output import Output
from edge.inference.network import Network
from edge.inference.providers import TENSORRT, available, is_built, mark_built
from edge.settings import Settings
from edge.update.slots import load_slots
from edge.update.store import Store

_SAY_EVERY_S = 10.0


def run(settings: Settings, out: Output) -> int:
    began_s = time.perf_counter()
    from edge.decode.warmup import warm_up  # the import compiles

    warm_up()
    import edge.markers.targets  # noqa: F401 - so does this

    out.line(f"kernels compiled and cached in {time.perf_counter() - began_s:.1f} s")
    if TENSORRT in available() and settings.models.accelerator in ("auto", "tensorrt"):
        for path in _model_files(settings):
            _build_engine(path, out)
    return 0


def _model_files(settings: Settings) -> list[Path]:
    """The model files that ship, and those that updates have brought."""
    folder = settings.state_path / MODELS_FOLDER
    brought = load_slots(folder).in_use() if folder.is_dir() else set()
    store = Store(folder) if brought else None
    return [*shipped_models(settings).values(), *(store.path(sha) for sha in brought if store)]


def _build_engine(path: Path, out: Output) -> None:
    network = Network.load(path, threads=1)
    identity = network.identity
    if is_built(identity.sha256):
        return
    with _elapsed_told(f"TensorRT engine of {identity.name} {identity.version}", out):
        served = Network.load(path, threads=1, accelerator="tensorrt")
    if served.provider == TENSORRT:
        mark_built(identity.sha256)


@contextmanager
def _elapsed_told(what: str, out: Output) -> Iterator[None]:
    """A line every ten seconds, and as much more time from systemd."""
    done = threading.Event()
    began_s = time.perf_counter()

    def tell() -> None:
        while not done.wait(_SAY_EVERY_S):
            text = f"building the {what}, {time.perf_counter() - began_s:.0f} s so far"
            out.line(text)
            systemd.starting(text, extend_s=3 * _SAY_EVERY_S)

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
    out.line(f"{what} built in {time.perf_counter() - began_s:.0f} s")
