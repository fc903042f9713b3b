"""A real PostgreSQL in a folder of its own: started, killed -9, started again."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from posture_tools.collector.postgres.database import PostgresDatabase
from posture_tools.collector.postgres.migrate import migrate

_START_S = 60.0
_TEMPLATE = "migrated"


def find_postgres() -> Path | None:
    """The newest server's folder of programs; Debian keeps them where PATH does not look."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return Path(program).parent if program else None


class Postgres:
    """One server on a socket of its own folder. Nobody else reaches it."""

    def __init__(self, programs: Path, *settings: str) -> None:
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        self.folder = Path(tempfile.mkdtemp(prefix="posture-postgres-"))
        self.data = self.folder / "data"
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:  # it refuses to run as root
            self._as = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self.folder, "postgres", "postgres")
        subprocess.run(
            [programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync"],
            check=True, capture_output=True, cwd="/", **self._as,
        )  # fmt: skip
        self._settings = [
            "listen_addresses=", f"unix_socket_directories={self.folder}", "shared_buffers=32MB",
            "max_connections=40", "log_min_messages=fatal", *settings,
        ]  # fmt: skip

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        options = [word for setting in self._settings for word in ("-c", setting)]
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self.data, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd="/", **self._as,
        )  # fmt: skip
        deadline_s = time.monotonic() + _START_S
        while True:
            try:
                psycopg.connect(self.address()).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline_s or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """kill -9 of the whole server, as a power cut would."""
        if self._process is not None:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
            pids = [int(pid) for pid in children.read_text().split()]
            self._process.kill()
            self._process.wait()
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            self._process = None
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def database(self, *, empty: bool = False) -> str:
        """The address of a new one, with today's tables or without any."""
        with psycopg.connect(self.address(), autocommit=True) as db:
            known = db.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_TEMPLATE,))
            if known.fetchone() is None:
                db.execute(f"CREATE DATABASE {_TEMPLATE}")
                made = PostgresDatabase(self.address(_TEMPLATE))
                assert list(migrate(made))
                made.close()
            name = f"store_{next(self._numbers)}"
            db.execute(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else _TEMPLATE}")
        return self.address(name)

    def files_with(self, database: str, word: str) -> list[str]:
        """Files of its tables and indexes, on the disk, that hold a word; the log is none."""
        with psycopg.connect(self.address(database), autocommit=True) as db:
            db.execute("CHECKPOINT")
            row = db.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
            [(oid,)] = row.fetchall()
        return [
            str(path)
            for path in (self.data / "base" / str(oid)).rglob("*")
            if path.is_file() and word.encode() in path.read_bytes()
        ]

    def __enter__(self) -> Postgres:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
