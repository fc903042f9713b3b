"""Write into a switched-off machine's disk, as with a card reader."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path


def put_on_card(disk: Path, name: str, data: bytes) -> None:
    """name : the file's path in the machine; its folder is made where it is missing."""
    folder, _, last = name.rpartition("/")
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        Path(file.name).chmod(0o644)
        commands = f"mkdir {folder}\nrm {name}\ncd {folder}\nwrite {file.name} {last}\n"
        subprocess.run(
            ["debugfs", "-w", "-f", "-", disk],
            input=commands.encode(),
            capture_output=True,
            check=True,
        )
