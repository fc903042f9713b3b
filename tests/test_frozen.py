"""What is read, decided or told is never changed afterwards: threads and lists share it."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Iterator

import msgspec
import pytest
from conftest import ROOT

ROOMS = ("edge/mqtt", "edge/posture", "edge/results", "edge/update", "edge/uplink", "edge/wire",
         "tools/collector")  # fmt: skip
# Those that gather or count while something goes on, each in the hands of one owner.
GROWS = {
    "Agreement", "Batch", "Flight", "HangUps", "Identity", "Oddities", "Outcome", "Probation",
    "_Chained", "_Kept", "_Line",
}  # fmt: skip


def records(room: str) -> Iterator[type]:
    for path in sorted((ROOT / room).rglob("*.py")):
        if path.name in ("__main__.py", "embedded_broker.py"):
            continue  # they run
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts).replace("tools.", "posture_tools.", 1).removesuffix(".__init__")
        module = importlib.import_module(name)
        for each in vars(module).values():
            if isinstance(each, type) and each.__module__ == name:
                yield each


def is_frozen(record: type) -> bool:
    if issubclass(record, msgspec.Struct):
        return bool(record.__struct_config__.frozen)
    return not dataclasses.is_dataclass(record) or record.__dataclass_params__.frozen  # type: ignore[attr-defined]


@pytest.mark.parametrize("room", ROOMS)
def test_no_record_changes_but_those_that_grow(room: str) -> None:
    changing = {record.__name__ for record in records(room) if not is_frozen(record)}
    assert changing <= GROWS
