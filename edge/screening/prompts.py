"""What the station says to the person in front of it: one thing at a time, and what to do."""

from __future__ import annotations

from typing import NamedTuple


class Prompt(NamedTuple):
    """A code for machines and a sentence for people."""

    code: str
    text: str


_PROMPTS = (
    Prompt("no_person", "Please stand on the foot marks."),
    Prompt("two_people", "One person at a time: please ask the other person to step aside."),
    Prompt("cut_off", "Please step back or to the middle until your whole body is in the picture."),
    Prompt("too_far", "Please step closer, onto the foot marks."),
    Prompt("dark", "It is too dark: please switch on more light."),
    Prompt("bright", "The picture is too bright: please shade the window or lamp behind you."),
    Prompt("blurred", "The picture is blurred: please clean and focus the lens."),
    Prompt("hidden", "Please uncover your joints: hair off the ears, tight clothes, arms relaxed."),
    Prompt(
        "view_unclear", "Please face the camera, turn your back to it, or stand sideways to it."
    ),
    Prompt("turned", "Please put both feet on the foot marks and stand square to the camera."),
    Prompt("camera_tilted", "The camera hangs crooked: please ask the staff to level it."),
    Prompt("sides_unequal", "Please stand upright with your weight on both legs, arms relaxed."),
    Prompt("knees_bent", "Please straighten your knees."),
    Prompt("moving", "Please stand still."),
    Prompt("settling", "Good. Please stand as you are."),
    Prompt("holding", "Measuring: please do not move."),
    Prompt("measuring", "Thank you. One moment, please."),
    Prompt("step", "Please take a few steps on the spot, then stand still on the foot marks."),
    Prompt("turn_front", "Please face the camera."),
    Prompt("turn_right", "Please turn your right side to the camera."),
    Prompt("turn_back", "Please turn your back to the camera."),
    Prompt("turn_left", "Please turn your left side to the camera."),
    Prompt("done", "Thank you, that was all. Please step away."),
    Prompt("not_measured", "This side could not be measured. Please go on with the next one."),
    Prompt("show_badge", "Please hold your badge up to the camera, or ask the staff to start."),
    Prompt("badge_refused", "This badge is not for this station: please ask the staff."),
    Prompt("aiming", "The camera is being aimed: please stand on the foot marks."),
    Prompt("filming", "Please do the movement that you are shown."),
    Prompt("calibration", "The camera must be calibrated again: please ask the staff."),
)
PROMPTS: dict[str, Prompt] = {prompt.code: prompt for prompt in _PROMPTS}
