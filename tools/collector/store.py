"""What a store is. A batch is one transaction, and its receipts say what it committed.

Everything here may be repeated: a message that comes twice is counted, not stored twice, and a
receipt names the bodies it was asked about, so it can be sent again at any time. The bodies are
`sqlite` (one file, one process) and `postgres` (any number of workers); `opening` chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self

from posture_tools.collector.archive.folder import Archive
from posture_tools.collector.erasure_list import ErasureList
from posture_tools.collector.intake import Bad, Good, Key
from posture_tools.collector.sql import Sql

from edge.wire.receipt import Receipt
from edge.wire.topics import Address, Topics

LastMessage = Literal["state", "birth", "health", "desired"]


@dataclass(slots=True)
class Outcome:
    """What became of a batch. receipts : to send, and where, after this returned. took_s : until
    it was committed."""

    receipts: list[tuple[Topics, Receipt]] = field(default_factory=list)
    stored: list[Good] = field(default_factory=list)
    duplicates: int = 0
    conflicts: int = 0
    dead: int = 0
    took_s: float = 0.0

    def add(self, other: Outcome) -> None:
        self.receipts += other.receipts
        self.stored += other.stored
        self.duplicates += other.duplicates
        self.conflicts += other.conflicts
        self.dead += other.dead
        self.took_s = max(self.took_s, other.took_s)


@dataclass(frozen=True, slots=True)
class Life:
    """Which connection of which uplink says something: see `edge.wire.presence.State`.

    retained : it was said before somebody listened, perhaps long ago at a broker that the station
        has left since.
    """

    instance: str
    connection: int
    said: int = 0
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """The last message of one kind of a station.

    online : what it says about that; None for one that may be an old, retained one. life : of a
    state; one of an earlier life is not kept.
    """

    site: str
    station: str
    kind: LastMessage
    body: bytes
    online: bool | None = None
    life: Life | None = None


class Store(Protocol):
    """See the module. Every method raises StoreFailed where the file or server does not answer:
    then nothing was changed, and nothing may be acknowledged.

    erasures : the list of erasures, kept apart from the store. archive : the folder of months whose
    bodies are not in the tables.
    where : as `--store` names it, from anywhere. at_once : so many batches that share no station
    are committed at the same time.
    """

    erasures: ErasureList
    archive: Archive
    where: str
    at_once: int

    def ingest(self, batch: Sequence[Good | Bad]) -> Outcome:
        """Commit a batch; when this returns, its receipts are true."""

    def judge(self, batch: Iterable[Good | Bad]) -> list[Good | Bad]:
        """Judge each message as `trust.judge` does: what no enrolled key vouches for is not
        answered."""

    def enrol(self, address: Address, payload: bytes) -> str:
        """What became of a station's word about its key; "" if it was known. Raises as
        `trust.enrol`."""

    def is_closed(self, site: str) -> bool:
        """Whether only enrolled stations are heard there."""

    def has_unsigned(self, site: str) -> bool:
        """Whether the operator lets a station of version 0.1 speak there."""

    def lead(self, what: str) -> bool:
        """Whether this process may do a piece of work that only one of those that share the store
        does. The right ends with its connection to the store."""

    def standbys(self) -> int | None:
        """How many standbys have each commit too; None where no standby was asked for."""

    def next_number(self) -> int:
        """The number for a command: higher than any before."""

    def change(self, act: Callable[[Sql], object]) -> None:
        """Call a function of another module with an open transaction, and commit it."""

    def transaction(self) -> AbstractContextManager[Sql]:
        """A transaction as `change` makes one, for more than one line."""

    def note(
        self, site: str, station: str, kind: LastMessage, body: bytes, online: bool | None = None
    ) -> None:
        """Remember one message. Parameters as `Note`."""

    def note_all(self, notes: Iterable[Note]) -> None:
        """Remember the last messages of stations, or what is desired of them."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, for reports."""

    def each(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query one at a time, of the store as it was at the beginning."""

    def archived(self, key: Key, utc_ns: int) -> tuple[bytes, bytes]:
        """Body and seal of a result whose body in the table is empty. utc_ns : its own date there.
        Raises StoreUnusable where its file is not at hand, or does not have it."""

    def forget_letter(self, table: Literal["dead_letter", "ingest_conflict"], sha256: str) -> None:
        """Erase a dead letter or a conflict. sha256 : the first digits of its body's."""

    def traces(self, words: Iterable[str]) -> tuple[str, ...]:
        """Clean the files of what was erased; names of those in which a word still stands."""

    def problems(self) -> Iterator[str]:
        """What is wrong with tables and indexes, in words; reads all of them."""

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
