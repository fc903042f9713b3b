"""The runtime tells its makers nothing about a station."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_onnxruntime_writes_no_usage_events(tmp_path: Path) -> None:
    asked = {"HOME": str(tmp_path), "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", "")}
    free = {key: value for key, value in os.environ.items() if not key.startswith("ORT_")}
    code = "import edge.inference.network"
    subprocess.run([sys.executable, "-c", code], check=True, env=free | asked)
    assert list(tmp_path.iterdir()) == []
