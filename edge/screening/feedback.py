"""What the person sees and hears where there is no screen: a lamp and a buzzer.

The lamp is dark while nobody is there, blinks while the person has something to do, and shines
while they must not move, are measured or filmed, and while the camera is aimed. The buzzer sounds
once a capture, twice for a turn, long at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edge.errors import PartMissing
from edge.screening.prompts import Prompt
from edge.settings import FeedbackSettings

if TYPE_CHECKING:
    from gpiozero import LED, Buzzer

_SHINES = ("settling", "holding", "measuring", "filming", "aiming")
_BEEPS = {  # seconds on, seconds off, times
    "step": (0.15, 0.1, 1),
    "turn_right": (0.15, 0.15, 2),
    "turn_back": (0.15, 0.15, 2),
    "turn_left": (0.15, 0.15, 2),
    "turn_front": (0.15, 0.15, 2),
    "done": (0.8, 0.1, 1),
    "not_measured": (0.15, 0.15, 3),
}


class Feedback(Protocol):
    """What gets, with every frame, the prompt for the person."""

    def show(self, prompt: Prompt) -> None: ...


class Silent:
    """Shows nothing: there is neither lamp nor buzzer."""

    def show(self, prompt: Prompt) -> None:
        pass


class LampAndBuzzer:
    """gpiozero's LED and Buzzer; either may be missing. They blink in threads of their own."""

    def __init__(self, led: LED | None, buzzer: Buzzer | None) -> None:
        self._led = led
        self._buzzer = buzzer
        self._shown = ""

    def show(self, prompt: Prompt) -> None:
        if prompt.code == self._shown:
            return
        self._shown = prompt.code
        if self._led is not None:
            self._light(self._led, prompt.code)
        if self._buzzer is not None and prompt.code in _BEEPS:
            on_s, off_s, times = _BEEPS[prompt.code]
            self._buzzer.beep(on_time=on_s, off_time=off_s, n=times, background=True)

    def _light(self, led: LED, code: str) -> None:
        if code in _SHINES:
            led.on()
        elif code in ("no_person", "done"):
            led.off()
        else:
            led.blink(on_time=0.5, off_time=0.5, background=True)


def feedback_for(settings: FeedbackSettings) -> Feedback:
    """Lamp and buzzer on the pins that the settings name, or nothing where they name none.

    Raises
    ------
    PartMissing : pins are named, and gpiozero or the pins are not there.
    """
    if settings.led_pin is None and settings.buzzer_pin is None:
        return Silent()
    try:
        import gpiozero

        led = None if settings.led_pin is None else gpiozero.LED(settings.led_pin)
        buzzer = None if settings.buzzer_pin is None else gpiozero.Buzzer(settings.buzzer_pin)
    except ImportError as error:
        raise PartMissing(
            "The settings name GPIO pins, and the package gpiozero is not installed.",
            "pip install 'posture-station[pi]', or remove [feedback] from the settings.",
        ) from error
    except Exception as error:  # gpiozero has a family of its own for each kind of board
        raise PartMissing(
            f"The GPIO pins of [feedback] cannot be used: {error}.",
            "Check their numbers (BCM) and that nothing else holds them.",
        ) from error
    return LampAndBuzzer(led, buzzer)
