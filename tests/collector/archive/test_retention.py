"""The worker that archives each hour: what goes wrong is told, and tried again."""

from __future__ import annotations

from pathlib import Path

from posture_tools.collector.archive.retention import retain


class SoManyRounds:
    """Stands for the event that ends it: set after so many waits."""

    def __init__(self, rounds: int) -> None:
        self.waited_s: list[float] = []
        self._rounds = rounds

    def is_set(self) -> bool:
        return len(self.waited_s) == self._rounds

    def wait(self, seconds: float) -> None:
        self.waited_s.append(seconds)


def test_a_store_that_cannot_be_opened_is_told_each_hour_and_logged_once(
    tmp_path: Path, caplog
) -> None:
    (tmp_path / "collector.db").write_bytes(b"no database" * 1000)
    stop, told = SoManyRounds(2), []
    retain(tmp_path / "collector.db", 0, stop, told.append)
    assert [text.startswith("Nothing was archived: ") for text in told] == [True, True]
    assert stop.waited_s == [3600.0, 3600.0]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
