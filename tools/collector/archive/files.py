"""One file of an archived month: results as they came, sorted, a group of rows at a time.

Columns are those of the table of results, and what its key says of it, so that a file can be read
and checked by anybody with Parquet. The file's own metadata names the first result of every group:
a body is found by reading one group.
"""

from __future__ import annotations

import importlib.util
import json
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from edge.errors import PartMissing

if TYPE_CHECKING:
    import pyarrow as pa

GROUP_ROWS = 500  # some megabytes: what a reader holds
_FIRST = b"posture.first"
_REPEATED = ["site", "station", "epoch", "kind", "view", "clock_state", "boot_id", "origin"]


class Row(NamedTuple):
    """One result with its key. body, seal : as the station sent them."""

    site: str
    station: str
    epoch: str
    seq: int
    kind: str
    session: str
    view: str
    utc_ns: int
    clock_state: str
    boot_id: str
    boottime_ns: int
    origin: str
    body: bytes
    seal: bytes
    received_at: str
    body_sha256: str
    prev_sha256: str

    @property
    def key(self) -> tuple[str, str, str, int, int]:
        """The result's name, and the date by which the tables are divided."""
        return self.site, self.station, self.epoch, self.seq, self.utc_ns

    @property
    def place(self) -> Place:
        return self.site, self.station, self.utc_ns, self.epoch, self.seq


Place = tuple[str, str, int, str, int]  # in whose order a file is sorted
OF_KEY = "site = ? AND station = ? AND epoch = ? AND seq = ? AND utc_ns = ?"
_INTEGERS, _BYTES = {"seq", "utc_ns", "boottime_ns"}, {"body", "seal"}


def require_parquet() -> None:
    """Raise PartMissing where pyarrow is not installed."""
    if importlib.util.find_spec("pyarrow") is None:
        raise PartMissing(
            "Parquet files need the package pyarrow.",
            "Install it: `pip install 'posture-station[parquet]'`.",
        )


def schema() -> pa.Schema:
    """Columns and types of every such file."""
    import pyarrow as pa

    def kind(name: str) -> pa.DataType:
        return pa.int64() if name in _INTEGERS else pa.binary() if name in _BYTES else pa.string()

    return pa.schema([pa.field(name, kind(name), nullable=False) for name in Row._fields])


def write_file(path: Path, rows: Iterable[Row]) -> int:
    """Write rows, sorted by `Row.place`, and flush them; how many. What stood there is replaced."""
    import pyarrow as pa
    from pyarrow import parquet

    count = 0
    first: list[Place] = []
    left = iter(rows)
    with path.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        with parquet.ParquetWriter(
            file, schema(), compression="zstd", use_dictionary=_REPEATED,
            write_statistics=["site", "station", "seq", "utc_ns"],
        ) as writer:  # fmt: skip
            while group := list(islice(left, GROUP_ROWS)):
                first.append(group[0].place)
                columns = [list(column) for column in zip(*group, strict=True)]
                writer.write_table(pa.table(columns, schema=schema()))
                count += len(group)
            writer.add_key_value_metadata({_FIRST: json.dumps(first).encode()})
        file.flush()
        os.fsync(file.fileno())
    return count


def read_file(path: Path) -> Iterator[list[Row]]:
    """The rows of a file, a group at a time, in order."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for number in range(file.num_row_groups):
            yield _rows(file.read_row_group(number, use_threads=False))


def read_group(path: Path, place: Place) -> list[Row]:
    """The one group that holds a result, if any does."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        said = (file.schema_arrow.metadata or {}).get(_FIRST) or file.metadata.metadata[_FIRST]
        number = bisect_right([tuple(each) for each in json.loads(said)], place) - 1
        return [] if number < 0 else _rows(file.read_row_group(number, use_threads=False))


def _rows(table: Any) -> list[Row]:
    columns = [table.column(name).to_pylist() for name in Row._fields]
    return [Row(*values) for values in zip(*columns, strict=True)]
