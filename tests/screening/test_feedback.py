"""Lamp and buzzer: what they do for each prompt, and that a station without them needs neither."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from simulators.visitor import Visitor

from edge.errors import PartMissing
from edge.screening.feedback import LampAndBuzzer, Silent, feedback_for
from edge.screening.prompts import PROMPTS
from edge.settings import FeedbackSettings


class Part:
    """A lamp or buzzer as gpiozero has it; remembers what it was told."""

    def __init__(self, pin: int = 0) -> None:
        self.pin = pin
        self.told: list[tuple] = []

    def on(self):
        self.told.append(("on",))

    def off(self):
        self.told.append(("off",))

    def blink(self, on_time, off_time, background):
        assert background, "a lamp must not stop the frames"
        self.told.append(("blink", on_time, off_time))

    def beep(self, on_time, off_time, n, background):
        assert background
        self.told.append(("beep", on_time, off_time, n))


@pytest.fixture
def gpiozero(monkeypatch):
    package = ModuleType("gpiozero")
    package.LED = package.Buzzer = Part
    monkeypatch.setitem(sys.modules, "gpiozero", package)
    return package


def test_without_pins_nothing_is_imported_and_nothing_happens(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiozero", None)  # an import would raise
    assert isinstance(feedback_for(FeedbackSettings()), Silent)


def test_pins_without_the_package_are_a_clear_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(PartMissing, match="gpiozero is not installed"):
        feedback_for(FeedbackSettings(led_pin=17))


def test_pins_that_do_not_work_are_a_clear_error(gpiozero):
    def busy(_pin):
        raise RuntimeError("pin in use")

    gpiozero.LED = busy
    with pytest.raises(PartMissing, match="pin in use"):
        feedback_for(FeedbackSettings(led_pin=17))


@pytest.mark.usefixtures("gpiozero")
def test_the_settings_name_the_pins():
    feedback = feedback_for(FeedbackSettings(led_pin=17, buzzer_pin=27))
    assert isinstance(feedback, LampAndBuzzer)
    feedback.show(PROMPTS["done"])


def test_the_lamp_shines_while_a_person_is_held_and_the_buzzer_ends_it():
    lamp, buzzer = Part(), Part()
    visitor = Visitor(settings={"repeats": 1}, feedback=LampAndBuzzer(lamp, buzzer))
    visitor.leave(1.0)
    visitor.stand("front", 8.0)
    assert lamp.told == [("off",), ("on",), ("on",), ("blink", 0.5, 0.5)]
    assert buzzer.told == [("beep", 0.15, 0.15, 2)]


def test_a_prompt_that_stays_is_shown_once():
    lamp = Part()
    feedback = LampAndBuzzer(lamp, None)
    for _ in range(10):
        feedback.show(PROMPTS["too_far"])
    assert lamp.told == [("blink", 0.5, 0.5)]
