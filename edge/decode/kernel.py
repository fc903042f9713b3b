"""How every kernel is compiled, and where the machine code is kept.

numba writes its cache beside `NUMBA_CACHE_DIR` and refuses a folder that it cannot write, even if
all it needs lies there ready. A service should not be able to write its own code, so a read-only
cache is copied into a folder of this process's own (about 1 MB) before the first kernel is defined.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numba.core.config

types: Any = numba.types  # untyped, as numba is
_numba_config: Any = numba.core.config


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    return True


def _prepare_cache() -> bool:
    """Give numba a cache that it can write; False where this machine has none."""
    chosen = str(_numba_config.CACHE_DIR)
    if chosen and not _writable(Path(chosen)):
        try:
            own = tempfile.mkdtemp(prefix="posture-kernels-")
        except OSError:
            return False
        atexit.register(shutil.rmtree, own, ignore_errors=True)
        if Path(chosen).is_dir():
            shutil.copytree(chosen, own, dirs_exist_ok=True, copy_function=shutil.copy)
        _numba_config.CACHE_DIR = own
        return True
    if chosen:
        return True
    beside_the_source = Path(__file__).parent / "__pycache__"
    return _writable(beside_the_source) or os.access(Path.home(), os.W_OK)


CACHED = _prepare_cache()

# Sums may be taken in any order, so that they use the whole vector unit; NaN and Inf keep their
# meaning, because damaged maps are told by them.
_FASTMATH = {"contract", "nsz", "arcp", "reassoc"}


def kernel(signature: object) -> Callable[[Callable[..., Any]], Any]:
    """Compile at definition for one signature: arrays in, arrays out, no interpreter, no GIL."""
    return numba.njit(signature, cache=CACHED, nogil=True, error_model="numpy", fastmath=_FASTMATH)


def inlined(function: Callable[..., Any]) -> Any:
    """A piece of kernels, pasted in where it is called: a call would cost as much as its work."""
    return numba.njit(inline="always", nogil=True, error_model="numpy", fastmath=_FASTMATH)(
        function
    )


def frozen_array(dtype: Any, ndim: int) -> Any:
    """The type of a C-contiguous read-only array, which also takes a writable one."""
    return types.Array(dtype, ndim, "C", readonly=True)
