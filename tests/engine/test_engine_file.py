"""What one process knows of the engine in another, and of the one before it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.engine import engine_file
from edge.engine.engine import Engine
from edge.engine.engine_file import EngineFile, read_engine_file, told_abilities, told_health
from edge.engine.saving import Saving
from edge.errors import CameraHung, SourceInvalid
from edge.machine import Machine
from edge.records import Abilities, ModelIdentity
from edge.results.outbox import Outbox


def _saving(outbox: Outbox) -> Saving:
    return Saving(outbox, lambda problem: pytest.fail(str(problem)))


def _break_off(outbox: Outbox, state_path: Path) -> None:
    """A process that ends without a word: its file says nothing of an end."""
    with pytest.raises(ZeroDivisionError), EngineFile(state_path, _saving(outbox)):
        raise ZeroDivisionError


def _told(outbox: Outbox) -> list[dict[str, Any]]:
    return [json.loads(pending.body)["data"] for pending in outbox.pending(100)]


def test_a_good_end_is_no_event(outbox: Outbox, tmp_path: Path) -> None:
    for starts in (1, 2):
        with EngineFile(tmp_path, _saving(outbox)):
            state = read_engine_file(tmp_path)
            assert state is not None
            assert state.running
            assert state.starts == starts
    assert told_health(tmp_path)["engine"] == "well"
    assert _told(outbox) == []


def test_what_the_engine_measures_with_is_told_before_its_first_numbers(
    outbox: Outbox, tmp_path: Path
) -> None:
    model = ModelIdentity("net", "1", "ab" * 32, "paf")
    engine = Engine(
        SimpleNamespace(name="none", dropped=0),  # type: ignore[arg-type]
        SimpleNamespace(models=(model,)),  # type: ignore[arg-type]
        SimpleNamespace(),  # type: ignore[arg-type]
        outbox,
        state_path=tmp_path,
        measures={"shoulder_tilt": "deg"},
    )
    assert told_abilities(tmp_path) == Abilities()
    with EngineFile(tmp_path, _saving(outbox)) as file:
        assert told_abilities(tmp_path) == Abilities()
        file.follow(engine)
        assert told_abilities(tmp_path) == Abilities((model,), {"shoulder_tilt": "deg"})
        state = read_engine_file(tmp_path)
        assert state is not None
        assert state.health == {}


def test_the_process_was_killed(outbox: Outbox, tmp_path: Path) -> None:
    _break_off(outbox, tmp_path)
    with EngineFile(tmp_path, _saving(outbox)):
        pass
    assert [(t["part"], t["state"], t["problem"]) for t in _told(outbox)] == [
        ("engine", "restarted", "the process broke off")
    ]


def test_the_power_was_cut(outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _break_off(outbox, tmp_path)
    monkeypatch.setattr(engine_file, "boot_id", lambda: "another boot")
    assert told_health(tmp_path) == {"engine": "not started since boot"}
    with EngineFile(tmp_path, _saving(outbox)):
        state = read_engine_file(tmp_path)
        assert state is not None
        assert state.starts == 1
    assert [t["problem"] for t in _told(outbox)] == ["the power was cut"]


def test_an_error_that_ends_every_start_is_told_once(outbox: Outbox, tmp_path: Path) -> None:
    for _ in range(3):
        with pytest.raises(SourceInvalid), EngineFile(tmp_path, _saving(outbox)):
            raise SourceInvalid("there is no file.", "Name another.")
    assert [(t["state"], t["fault"]) for t in _told(outbox)] == [("ended", "SourceInvalid")]
    assert told_health(tmp_path)["engine"] == "SourceInvalid: there is no file. Name another."


def test_a_hung_camera_is_the_cameras_event(outbox: Outbox, tmp_path: Path) -> None:
    with pytest.raises(CameraHung), EngineFile(tmp_path, _saving(outbox)):
        raise CameraHung("the driver hangs.")
    with EngineFile(tmp_path, _saving(outbox)):
        pass
    assert _told(outbox) == []


def test_a_board_that_throttles_now_and_then_is_told_once(outbox: Outbox, tmp_path: Path) -> None:
    file = EngineFile(tmp_path, _saving(outbox))
    hot, cool = Machine(85.0, ("hot", "throttled")), Machine(60.0, ())
    for now_s, machine in [(0, cool), (15, hot), (30, cool), (300, hot), (315, cool), (630, cool)]:
        file._watch_machine(machine, now_s)
    began, ended = _told(outbox)
    assert (began["state"], began["why"], began["temperature_c"]) == (
        "held_back",
        ["hot", "throttled"],
        85.0,
    )
    assert (ended["state"], ended["lasted_s"]) == ("back", 285)


def test_a_damaged_file_is_as_good_as_none(outbox: Outbox, tmp_path: Path) -> None:
    (tmp_path / "engine.json").write_bytes(b'{"boot_id": "cu')
    with EngineFile(tmp_path, _saving(outbox)):
        pass
    assert _told(outbox) == []
