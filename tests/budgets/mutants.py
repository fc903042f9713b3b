"""Mutants of the outbox, the window and the slots: `python tests/budgets/mutants.py [NAME ...]`.

Each is one change that a careless hand might make; the tests beside the module must see it. Prints
who lives as soon as that is known, and ends with status 1 if anybody does. NAME: only the mutants
of files whose path has it, `window` or `results/`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OUTBOX, WINDOW, SLOTS = (
    ("tests/results/test_outbox.py", "tests/collector/test_erasure.py"),
    ("tests/uplink/test_window.py", "tests/uplink/test_presence.py"),
    ("tests/update/test_slots.py",),
)
MUTANTS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    # A reject of a number that never waited is taken for one.
    ("edge/results/settling.py", "if waiting.get(r.seq) == r.sha256}", "}", OUTBOX),
    ("edge/results/settling.py", "if waiting.get(seq) == sha256]", "]", OUTBOX),
    ("edge/results/settling.py", "receipt.newest >= next_seq", "False", OUTBOX),
    ("edge/results/outbox.py", "of_boot_id == clock.boot_id()", "of_boot_id", OUTBOX),
    ("edge/results/settling.py", 'if code == "conflict"]', "if False]", OUTBOX),
    # A copy stays in quarantine.
    ("edge/results/quarantine.py", 'db.execute(f"DELETE FROM quarantine {chosen}"',
     'db.execute(f"SELECT 1 FROM quarantine {chosen}"', OUTBOX),
    ("edge/results/quarantine.py", "code <> 'damaged' AND ", "", OUTBOX),
    ("edge/results/counts.py", "boot_id == instant.boot_id", "False", OUTBOX),
    ("edge/results/erasing.py", "if row.consent is not None:", "if False:", OUTBOX),
    ("edge/results/intact.py", "digest(self.body) != self.sha256", "False", OUTBOX),
    # What a rolled-back release left.
    ("edge/results/kept.py", 'db.execute("VACUUM")', "pass", OUTBOX),
    ("edge/results/kept.py", "wal_checkpoint(TRUNCATE)", "wal_checkpoint(PASSIVE)", OUTBOX),
    ("edge/results/kept.py", "& 0xFF in _UNREADABLE", "& 0xFF in ()", OUTBOX),
    ("edge/uplink/forgetting.py", "found.extend(kept.sessions_of(path, code))", "pass", OUTBOX),
    # Damage that nobody sees.
    ("edge/results/salvage.py", "integrity_check(1)", "quick_check(1)", OUTBOX),
    ("edge/results/chain.py", " and is_sealed_by(public, seal, topic)", "", OUTBOX),
    ("edge/results/outbox.py", "if self._mark.exists():", "if False:", OUTBOX),
    ("edge/uplink/presence.py", " and now_s - self._returned_s >= HINT_S", "", WINDOW),
    ("edge/uplink/presence.py", "due = now_s - self._tried_s >= HINT_S", "due = False", WINDOW),
    ("edge/uplink/presence.py", " or now_s - self._proven_s < HINT_S", "", WINDOW),
    ("edge/uplink/presence.py", "back = not self.is_there(now_s)", "back = False", WINDOW),
    ("edge/uplink/window.py", "flight.sent_s, flight.due_s = now_s, math.inf",
     "flight.sent_s = now_s", WINDOW),
    ("edge/uplink/window.py", "flight.tries += 1", "pass", WINDOW),
    ("edge/uplink/window.py", "flight.aside or self._receipt_s > flight.sent_s", "True", WINDOW),
    ("edge/uplink/window.py", "flight.aside or self._receipt_s > flight.sent_s",
     "self._receipt_s > flight.sent_s", WINDOW),
    ("edge/uplink/window.py", "flight.aside or self._receipt_s > flight.sent_s",
     "flight.aside", WINDOW),
    ('edge/uplink/window.py', '"""It no longer waits: erased, or dropped at the limit."""\n'
     "        self.flights.pop(seq, None)", '"""."""', WINDOW),
    ("edge/uplink/window.py", "        if seqs:\n            self._receipt_s",
     "        if True:\n            self._receipt_s", WINDOW),
    ("edge/uplink/window.py", "if not flight.aside]", "]", WINDOW),
    ("edge/uplink/window.py", "flight.first_s, flight.tries = now_s, 0",
     "flight.first_s = now_s", WINDOW),
    ("edge/update/slots.py", "replace(self.candidate, tries=0, shadowed=True)",
     "replace(self.candidate, shadowed=True)", SLOTS),
    ("edge/update/slots.py", "previous.pop(trial.slot, None)", "pass", SLOTS),
    ("edge/update/slots.py", "max(0, trial.tries + by)", "trial.tries + by", SLOTS),
    ("edge/update/slots.py", "if sha != trial.model.sha256", "", SLOTS),
    ("edge/update/slots.py", "desired.version > verdict.desired_version", "True", SLOTS),
    ("edge/update/slots.py", "previous.pop(slot)", "previous[slot]", SLOTS),
)  # fmt: skip


SAME = ("edge/uplink/window.py", "flight.tries += 1")


def survives(file: str, before: str, after: str, tests: tuple[str, ...]) -> bool:
    """Whether the tests pass with the change, in a copy of the tree."""
    text = (ROOT / file).read_text()
    if text.count(before) != 1:
        sys.exit(f"{file}: {before!r} stands there {text.count(before)} times")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("edge", "tools", "tests"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        (copy / file).write_text(text.replace(before, after))
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not broker", *tests],
            cwd=copy, capture_output=True, check=False,
        )  # fmt: skip
    return ran.returncode == 0


def main() -> None:
    names = sys.argv[1:] or [""]
    chosen = [mutant for mutant in MUTANTS if any(name in mutant[0] for name in names)]
    for tests in dict.fromkeys(mutant[3] for mutant in chosen):
        if not survives(SAME[0], SAME[1], SAME[1], tests):
            sys.exit(f"without any change they fail: {', '.join(tests)}")
    alive = 0
    for number, (file, before, after, tests) in enumerate(chosen, 1):
        lives = survives(file, before, after, tests)
        alive += lives
        word = "alive" if lives else "dead"
        print(f"{number} {word}: {file}: {before!r} -> {after!r}", flush=True)
    print(f"{len(chosen)} mutants, {alive} live")
    sys.exit(not chosen or bool(alive))


if __name__ == "__main__":
    main()
