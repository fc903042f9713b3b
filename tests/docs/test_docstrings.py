"""The main entry points say by an example how they are called, and the examples hold."""

from __future__ import annotations

import doctest
import importlib
import inspect
from typing import Any

import pytest

ENTRY_POINTS = {
    "decode a picture's maps": ("edge.decode.paf", "PafDecoder.decode"),
    "describe a model": ("posture_tools.models.describe", "describe"),
    "open a source": ("edge.camera.sources", "camera_for"),
    "assess a pose": ("edge.posture.assess", "assess"),
    "combine a visit": ("edge.report.together", "combined"),
    "report a page": ("edge.report.page", "page"),
    "accept into the outbox": ("edge.results.outbox", "Outbox.accept"),
    "deliver": ("edge.uplink.uplink", "Uplink.run"),
    "verify a message": ("edge.wire.seal", "is_sealed_by"),
    "open a store": ("posture_tools.collector.opening", "open_store"),
    "publish a model": ("posture_tools.repository.folder", "RepositoryFolder.publish"),
    "update": ("edge.update.updater", "Updater.run"),
}


@pytest.mark.timeout(900)  # kernels that nobody has compiled yet
@pytest.mark.parametrize(("module", "name"), ENTRY_POINTS.values(), ids=ENTRY_POINTS)
def test_an_entry_points_example_holds(module: str, name: str) -> None:
    found: Any = importlib.import_module(module)
    names = vars(found)
    for part in name.split("."):
        found = getattr(found, part)
    text = inspect.getdoc(found) or ""
    test = doctest.DocTestParser().get_doctest(text, dict(names), name, module, 0)
    assert test.examples, f"{module}.{name} has no example"
    said: list[str] = []
    ran = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append)
    assert ran.failed == 0, "".join(said)
