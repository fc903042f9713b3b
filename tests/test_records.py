"""Records are shared between threads and kept as keys: what one says never changes."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
import posture_tools.collector

import edge

# What counts, gathers, or stands for something that goes on.
GROW = {
    "Agreement", "Batch", "EngineState", "Flight", "HangUps", "Identity", "Oddities", "Outcome",
    "Patient", "Probation", "Recovery", "ReleaseTrial", "StageTimes", "Trust", "Visit",
    "_Chained", "_EngineFile", "_Entry", "_Kept", "_Line", "_Memory", "_Person", "_Track",
}  # fmt: skip


def records(package: ModuleType) -> Iterator[Any]:
    """Every class of records that a package defines."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for kind in vars(module).values():
            if not isinstance(kind, type) or kind.__module__ != module.__name__:
                continue  # imported
            if issubclass(kind, msgspec.Struct) or dataclasses.is_dataclass(kind):
                yield kind


def may_change(kind: Any) -> bool:
    if issubclass(kind, msgspec.Struct):
        return bool(kind.__struct_fields__) and not kind.__struct_config__.frozen
    return not kind.__dataclass_params__.frozen


def test_a_record_cannot_be_changed_once_it_is_made() -> None:
    found = [*records(edge), *records(posture_tools.collector)]
    assert len(found) > 200
    assert {kind.__name__ for kind in found if may_change(kind)} == GROW
