"""`make fuzz`: thousands of damaged files of every kind, read in processes of their own.

A reader may refuse with one of our errors. A traceback, a crash of the interpreter, more than 30 s
for one file or too few files that came past their first decoder are findings: the exit status is 1,
and the file is kept in `tests/fuzz/seeds`, from where the tests read it again at every run.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

from edge.errors import PostureError
from fuzz.kinds import KINDS

SEEDS = Path(__file__).parent / "seeds"
_HANGS_S = 30.0
_MOST_MEMORY_BYTES = 6 << 30
_LEAST_SHARE = 1 / 3
_LEAST_S = 1.0  # of each kind, also where the others' processes took long to start


def main() -> int:
    options = _options()
    if options.worker:
        return _work(options.worker, options.seed, options.count, options.seconds, options.folder)
    began_s, failed = time.monotonic(), 0
    kinds = {name: kind.count for name, kind in KINDS.items()}
    left = sum(kinds.values())
    for name, count in kinds.items():
        left_s = options.seconds - (time.monotonic() - began_s)
        share_s = max(_LEAST_S, left_s * count / left) if options.seconds else 0.0
        failed += _run(name, count, share_s, options.seed)
        left -= count
    print(f"{time.monotonic() - began_s:.0f} s, seed {options.seed}, {failed} findings", flush=True)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.0, help="stop then; 0: all of them")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, default=Path(), help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(kind: str, count: int, seconds: float, seed: int) -> int:
    """All files of one kind, by as many workers as it takes; returns how many findings."""
    done = deep = findings = 0
    began_s = time.monotonic()
    while done < count and not (seconds and time.monotonic() - began_s > seconds):
        left_s = max(0.1, seconds - (time.monotonic() - began_s)) if seconds else 0.0
        with tempfile.TemporaryDirectory(prefix="posture-fuzz-") as folder:
            told = _worker(kind, seed + done, count - done, left_s, Path(folder))
            done, deep = done + told[0], deep + told[1]
            if told[2]:
                findings += 1
                done += 1  # the file that was found
                _keep(kind, Path(folder), told[2])
    share = deep / done if done else 1.0
    few = share < _LEAST_SHARE
    print(
        f"{kind}: {done} files, {100 * share:.0f} % past the first decoder, {findings} findings"
        f"{' (too few came far)' if few else ''}",
        flush=True,
    )
    return findings + few


def _worker(kind: str, seed: int, count: int, seconds: float, folder: Path) -> tuple[int, int, str]:
    """How many files were read, how many deep, and what ended it before its time."""
    command = [
        sys.executable, "-m", "fuzz", "--worker", kind, "--seed", str(seed), "--count", str(count),
        "--seconds", str(seconds), "--folder", str(folder),
    ]  # fmt: skip
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        while process.poll() is None:
            time.sleep(0.05)
            if _age_s(folder) > _HANGS_S:
                process.kill()
                process.wait()
                return (*_progress(folder), f"hung for {_HANGS_S:g} s")
    end = "" if process.returncode == 0 else f"ended with {process.returncode}"
    return (*_progress(folder), end)


def _age_s(folder: Path) -> float:
    try:
        return time.time() - (folder / "progress").stat().st_mtime
    except OSError:
        return 0.0


def _progress(folder: Path) -> tuple[int, int]:
    try:
        done, deep = (folder / "progress").read_text().split()
    except (OSError, ValueError):
        return 0, 0
    return int(done), int(deep)


def _keep(kind: str, folder: Path, what: str) -> None:
    for path in folder.glob("input*"):
        data = path.read_bytes()
        name = f"{kind}-{hashlib.sha256(data).hexdigest()[:12]}{''.join(path.suffixes)}"
        (SEEDS / name).write_bytes(data)
        print(f"{kind}: {what}, kept as {SEEDS / name}", flush=True)
    print((folder / "said").read_text(errors="replace")[-3000:], flush=True)


def _work(name: str, seed: int, count: int, seconds: float, folder: Path) -> int:
    """Read damaged files one after the other; the last one lies in the folder when it ends."""
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY_BYTES, _MOST_MEMORY_BYTES))
    kind, chance = KINDS[name], random.Random(seed)
    whole = kind.whole()
    began_s, deep = time.monotonic(), 0
    for done in range(count):
        if seconds and time.monotonic() - began_s > seconds:
            break
        (folder / "progress.new").write_text(f"{done} {deep}")
        (folder / "progress.new").replace(folder / "progress")
        suffix, data = chance.choice(whole)
        path = folder / f"input{suffix}"
        mutated = chance.choice(kind.mutate)(data, chance)
        path.write_bytes(mutated)
        try:
            kind.read(path)
        except PostureError:
            deep += kind.deep(mutated)
        except Exception:  # noqa: BLE001 - any that is none of ours is a finding
            traceback.print_exc()
            return 3
        else:
            deep += 1
        path.unlink()
    else:
        done = count
    (folder / "progress").write_text(f"{done} {deep}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
