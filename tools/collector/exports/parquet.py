"""Measures as one Parquet file: the columns of the CSV, with their types."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from posture_tools.collector.archive.files import require_parquet
from posture_tools.collector.report import CSV_COLUMNS, measure_lines
from posture_tools.collector.searching import Chosen
from posture_tools.collector.store import Store

from edge.output import MARK

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_ROWS = 20_000
_NUMBERS = {"value", "u95", "u95_change", "n"}


def schema() -> pa.Schema:
    """Columns of the file: texts but for the numbers; screened_at is the same RFC 3339 text as in
    CSV."""
    import pyarrow as pa

    def kind(name: str) -> pa.DataType:
        return pa.float64() if name in _NUMBERS else pa.int64() if name == "seq" else pa.string()

    return pa.schema([pa.field(name, kind(name)) for name in CSV_COLUMNS]).with_metadata(
        {"written_by": MARK}
    )


class _Pieces(io.RawIOBase):
    """What the writer wrote since somebody last asked."""

    def __init__(self) -> None:
        self._written: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written.append(bytes(data))
        self._at += len(self._written[-1])
        return len(self._written[-1])

    def tell(self) -> int:
        return self._at

    def taken(self) -> bytes:
        """What was written since the last call; it is then forgotten."""
        piece = b"".join(self._written)
        self._written.clear()
        return piece


def parquet_pieces(store: Store, chosen: Sequence[Chosen]) -> Iterator[bytes]:
    """The file, a group of rows at a time: all measures of what is chosen, a row each.

    Raises
    ------
    PartMissing : pyarrow is.
    """
    require_parquet()
    import pyarrow as pa
    from pyarrow import parquet

    rows = chain.from_iterable(measure_lines(store, each) for each in chosen)
    pieces = _Pieces()
    with parquet.ParquetWriter(pieces, schema(), compression="zstd") as writer:
        while group := list(islice(rows, _GROUP_ROWS)):
            columns = [list(column) for column in zip(*group, strict=True)]
            writer.write_table(pa.table(columns, schema=schema()))
            yield pieces.taken()
    yield pieces.taken()
