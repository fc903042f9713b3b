"""What the kernel's files say of a board: a made /sys for each board."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.machine import board, read_machine


def _write(sys: Path, path: str, text: str) -> None:
    (sys / path).parent.mkdir(parents=True, exist_ok=True)
    (sys / path).write_text(text)


def test_a_board_that_says_nothing(tmp_path: Path) -> None:
    machine = read_machine(tmp_path)
    assert machine.temperature_c is None
    assert machine.held_back == ()
    assert board(tmp_path) == ""


def test_the_warmest_zone_counts_and_a_broken_one_does_not(tmp_path: Path) -> None:
    for zone, text in enumerate(("48312\n", "71250\n", "")):
        _write(tmp_path, f"class/thermal/thermal_zone{zone}/temp", text)
    assert read_machine(tmp_path).temperature_c == 71.25


@pytest.mark.parametrize(
    ("bits", "held_back"),
    [
        ("0\n", ()),
        ("50000\n", ()),  # has been undervolted and throttled since boot, is not now
        ("50005\n", ("undervoltage", "throttled")),
        ("a\n", ("slowed", "hot")),
    ],
)
def test_the_bits_of_a_raspberry_pi(tmp_path: Path, bits: str, held_back: tuple[str, ...]) -> None:
    _write(tmp_path, "devices/platform/soc/soc:firmware/get_throttled", bits)
    _write(tmp_path, "firmware/devicetree/base/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    assert read_machine(tmp_path).held_back == held_back
    assert board(tmp_path) == "Raspberry Pi 5 Model B Rev 1.0"


def test_a_cooling_device_slows_the_processor_and_a_fan_does_not(tmp_path: Path) -> None:
    _write(tmp_path, "class/thermal/cooling_device0/type", "pwm-fan\n")
    _write(tmp_path, "class/thermal/cooling_device0/cur_state", "3\n")
    _write(tmp_path, "class/thermal/cooling_device1/type", "cpufreq-cpu0\n")
    _write(tmp_path, "class/thermal/cooling_device1/cur_state", "0\n")
    assert read_machine(tmp_path).held_back == ()
    _write(tmp_path, "class/thermal/cooling_device1/cur_state", "2\n")
    assert read_machine(tmp_path).held_back == ("slowed",)
