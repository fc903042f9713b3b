"""How every kernel is compiled, and where the machine code is kept.

numba tells by a file's date whether its cached code is stale, and forgets that a kernel holds code
of the files it calls. So the code of each version of this folder has a folder of its own.

numba also refuses a cache that it cannot write, even if all it needs lies there ready. A service
should not be able to write its own code, so a read-only cache is copied into a folder of this
process's own (about 1 MB) before the first kernel is defined.

A power cut can leave cached code empty or full of zeros, which numba takes for a fault of the
program: what cannot be loaded is dropped and compiled anew.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numba
import numba.core.config
import numba.cpython.unsafe.numbers
import numpy as np

types: Any = numba.types  # untyped, as numba is
trailing_zeros: Any = numba.cpython.unsafe.numbers.trailing_zeros
_numba_config: Any = numba.core.config

KERNELS = "posture-kernels-"

# Kernels sum in float32, counts too: one width fills the vector unit.
ZERO, HALF, ONE = np.float32(0), np.float32(0.5), np.float32(1)


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _version() -> str:
    digest = hashlib.sha256(numba.__version__.encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return f"{KERNELS}{digest.hexdigest()[:16]}"


def _prepare_cache() -> bool:
    """Give numba a cache that it can write; False where this machine has none."""
    chosen = _numba_config.CACHE_DIR
    for place in (Path(chosen),) if chosen else _usual_places():
        cache = place / _version()
        # Installed as root, the folder may be the service's, and those in it root's.
        if all(map(_writable, (cache, *_folders_of(cache)))):
            _numba_config.CACHE_DIR = str(cache)
            return True
    return bool(chosen) and _copy_cache(Path(chosen) / _version())


def forget_older_versions() -> None:
    """Remove the machine code of other versions of this folder beside that of this one."""
    own = Path(_numba_config.CACHE_DIR)
    if CACHED and own.name == _version():  # not a private copy
        for cache in own.parent.glob(f"{KERNELS}*"):
            if cache != own:
                shutil.rmtree(cache, ignore_errors=True)


def _usual_places() -> Iterator[Path]:
    yield Path(__file__).parent / "__pycache__"
    with contextlib.suppress(RuntimeError):  # a user without a home
        yield Path.home() / ".cache" / "numba"


def _folders_of(cache: Path) -> list[Path]:
    return [entry for entry in cache.glob("*") if entry.is_dir()]


def _copy_cache(cache: Path) -> bool:
    try:
        own = Path(tempfile.mkdtemp(prefix=KERNELS))
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        for folder in _folders_of(cache):
            (own / folder.name).mkdir()
            for file in folder.iterdir():  # contents without modes: the copy is to be writable
                shutil.copyfile(file, own / folder.name / file.name)
    except OSError:
        return False
    _numba_config.CACHE_DIR = str(own)
    return True


def _drop_damaged() -> None:
    """Remove files that were cut off: each of numba's is a pickle, which ends with a dot. A tail of
    zeros in machine code would not be noticed before it runs."""
    for file in Path(_numba_config.CACHE_DIR).rglob("*.nb[ic]"):
        with contextlib.suppress(OSError):
            if not file.read_bytes().endswith(b"."):
                file.unlink()


CACHED = _prepare_cache()
if CACHED:
    _drop_damaged()

# Sums may be taken in any order, so that they use the whole vector unit; NaN and Inf keep their
# meaning, because damaged maps are told by them.
_FASTMATH = {"contract", "nsz", "arcp", "reassoc"}


def kernel(signature: object) -> Callable[[Callable[..., Any]], Any]:
    """Compile at definition for one signature: arrays in, arrays out, no interpreter, no GIL."""
    compiled: Callable[[Callable[..., Any]], Any] = numba.njit(
        signature, cache=CACHED, nogil=True, error_model="numpy", fastmath=_FASTMATH
    )

    def define(function: Callable[..., Any]) -> Any:
        try:
            return compiled(function)
        except Exception:  # damaged bytes can fail in any way; a fault of the source fails twice
            if not _forget(function):
                raise
            return compiled(function)

    return define


def _forget(function: Callable[..., Any]) -> bool:
    """Remove a kernel's cached code; whether there was any."""
    named = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}-*"
    files = list(Path(_numba_config.CACHE_DIR).rglob(named)) if CACHED else []
    for file in files:
        file.unlink(missing_ok=True)
    return bool(files)


def inlined(function: Callable[..., Any]) -> Any:
    """A piece of kernels, pasted in where it is called: a call would cost as much as its work."""
    return numba.njit(inline="always", nogil=True, error_model="numpy", fastmath=_FASTMATH)(
        function
    )


def frozen_array(dtype: Any, ndim: int) -> Any:
    """The type of a C-contiguous read-only array, which also takes a writable one."""
    return types.Array(dtype, ndim, "C", readonly=True)
