"""A real PostgreSQL in a folder of its own: started, killed -9, started again; and its standby,
made and promoted by the scripts that an operator copies."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from posture_tools import collector
from posture_tools.collector.postgres.database import PostgresDatabase
from posture_tools.collector.postgres.migrate import migrate

_START_S = 60.0
_ROOM_BYTES = 4 * 2**30
_TEMPLATE = "migrated"
DEPLOY = Path(collector.__file__).parent / "deploy" / "postgresql"


def find_postgres() -> Path | None:
    """The newest server's folder of programs; Debian keeps them where PATH does not look."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    return Path(program).parent if program else None


class Postgres:
    """One server on a socket of its own folder. Nobody else reaches it.

    follows : its data are a copy of that server's, whose standby it is. on_disk : its commits wait
    for a disk; tests that kill processes, not machines, are quicker without.
    """

    def __init__(
        self,
        programs: Path,
        *settings: str,
        name: str = "db_1",
        follows: Postgres | None = None,
        on_disk: bool = False,
    ) -> None:
        self._programs = programs
        self.name = name
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        self.folder = Path(
            tempfile.mkdtemp(prefix="posture-postgres-", dir=None if on_disk else _memory())
        )
        self.data = self.folder / "data"
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:  # it refuses to run as root
            self._as = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self.folder, "postgres", "postgres")
        if follows is None:
            subprocess.run(
                [programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
                 "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
                check=True, capture_output=True, cwd="/", **self._as,
            )  # fmt: skip
        else:
            self.make_standby(follows)
        self._settings = [
            "listen_addresses=", f"unix_socket_directories={self.folder}", "shared_buffers=32MB",
            f"cluster_name={name}",
            "max_connections=40", "log_min_messages=fatal", *settings,
        ]  # fmt: skip

    def address(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def owned(self) -> bool:
        """Its files are another user's."""
        return bool(self._as)

    def script(self, name: str, *words: str) -> str:
        """One of the operator's, as this server's user: what it printed."""
        folder = Path(tempfile.mkdtemp(prefix="posture-script-"))
        try:
            path = Path(shutil.copy(DEPLOY / name, folder))
            for each in (folder, path):
                each.chmod(0o755)
            done = subprocess.run(
                [str(path), *words], check=False, capture_output=True, text=True, cwd="/",
                env={"PATH": f"{self._programs}:/usr/bin:/bin", "PGHOST": str(self.folder),
                     "PGUSER": "postgres", "CLUSTER_NAME": self.name},
                **self._as,
            )  # fmt: skip
        finally:
            shutil.rmtree(folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make_standby(self, primary: Postgres) -> None:
        """Of another server, which runs. What it had is gone."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.script("make-standby", str(primary.folder), str(self.data))

    def configure(self, name: str) -> None:
        """From the next start on with the operator's file of that name."""
        shutil.copy(DEPLOY / name, self.data / name)
        (self.data / name).chmod(0o644)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"include = '{name}'\n")

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.address(), autocommit=True) as db:
            return db.execute(sql).fetchall()  # type: ignore[arg-type]

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

    def logs_with(self, *words: str) -> list[str]:
        """Files of its log in which one of the words stands."""
        return [
            path.name
            for path in sorted((self.data / "pg_wal").iterdir())
            if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
        ]

    def do(self, *statements: str) -> None:
        """What answers nothing, and may stand in no transaction."""
        with psycopg.connect(self.address(), autocommit=True) as db:
            for sql in statements:
                db.execute(sql)  # type: ignore[arg-type]

    def __enter__(self) -> Postgres:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _memory() -> str | None:
    """A folder in memory that has room, if there is one."""
    with suppress(OSError):
        if shutil.disk_usage("/dev/shm").free > _ROOM_BYTES:  # noqa: S108
            return "/dev/shm"  # noqa: S108
    return None


class Pair:
    """A primary and its synchronous standby, set up in the order of docs/grow.md."""

    def __init__(self, programs: Path, *settings: str, on_disk: bool = False) -> None:
        self._on_disk = on_disk
        self._settings = ("max_wal_size=1GB", *settings)
        self.primary = Postgres(programs, *self._settings, on_disk=on_disk)
        self._programs = programs
        self._numbers = itertools.count(2)
        self._servers = [self.primary]
        self.primary.start()
        self.name = self.primary.database().rpartition("/")[2].partition("?")[0]
        self.primary.kill()
        self.primary.configure("posture.conf")
        self.primary.start()
        self.standby = self.another()

    def another(self) -> Postgres:
        """A standby of today's primary."""
        made = Postgres(
            self._programs, *self._settings, name=f"db_{next(self._numbers)}",
            follows=self.primary, on_disk=self._on_disk,
        )  # fmt: skip
        self._servers.append(made)
        made.start()
        return made

    @property
    def address(self) -> str:
        """Both hosts, in the order in which they were made."""
        hosts = ",".join(quote(str(server.folder), safe="") for server in self._servers)
        return f"postgresql://postgres@/{self.name}?host={hosts}"

    def close(self) -> None:
        for server in self._servers:
            server.__exit__()

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
