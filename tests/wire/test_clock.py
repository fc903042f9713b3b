"""What the station believes of its clock, and how times are read back."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.wire import clock


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes adjtimex(2) answer a state; no time service has left its mark."""
    monkeypatch.setattr(clock, "_TIMESYNCD_MARK", tmp_path / "synchronized")

    def says(state: int) -> None:
        library = SimpleNamespace(adjtimex=lambda _timex: state)
        monkeypatch.setattr(clock.ctypes, "CDLL", lambda *_, **__: library)

    return says


@pytest.mark.parametrize(
    ("state", "right"),
    [(0, True), (1, True), (4, True), (5, False), (-1, False)],
    ids=["right", "leap second to come", "leap second over", "not synchronised", "not told"],
)
def test_the_kernel_is_asked_where_no_time_service_says_anything(kernel, state, right) -> None:
    kernel(state)
    assert clock.is_disciplined() is right


def test_the_mark_of_a_time_service_is_enough(kernel, tmp_path: Path) -> None:
    kernel(-1)  # as under ProtectClock=yes
    (tmp_path / "synchronized").touch()
    assert clock.is_disciplined() is True


def test_a_time_is_read_back_to_the_millisecond_and_only_with_its_zone() -> None:
    instant = clock.Instant(1_800_000_000_123_000_000, "synced", "a" * 32, 5)
    assert clock.utc_ns_of(instant.utc) == instant.utc_ns
    assert clock.utc_ns_of("2027-01-15T09:00:00.123+01:00") == instant.utc_ns
    with pytest.raises(ValueError, match="names no time zone"):
        clock.utc_ns_of("2027-01-15T08:00:00")
