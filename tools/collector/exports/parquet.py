"""Measures as one Parquet file: the columns of the CSV, with their types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO

from posture_tools.collector.archive.files import require_parquet
from posture_tools.collector.report import CSV_COLUMNS, Chosen, measure_lines
from posture_tools.collector.store import Store

from edge.output import MARK

if TYPE_CHECKING:
    import pyarrow as pa

_GROUP_ROWS = 20_000
_NUMBERS = {"value", "u95", "u95_change", "n"}


def schema() -> pa.Schema:
    """Of the file: texts but for the numbers; screened_at is the same RFC 3339 text as in CSV."""
    import pyarrow as pa

    def kind(name: str) -> pa.DataType:
        return pa.float64() if name in _NUMBERS else pa.int64() if name == "seq" else pa.string()

    return pa.schema([pa.field(name, kind(name)) for name in CSV_COLUMNS]).with_metadata(
        {"written_by": MARK}
    )


def write_parquet(store: Store, out: BinaryIO, chosen: Sequence[Chosen]) -> int:
    """All measures of what is chosen, a row each; how many.

    Raises
    ------
    PartMissing : pyarrow is.
    """
    require_parquet()
    import pyarrow as pa
    from pyarrow import parquet

    count = 0
    lines: Iterable[Sequence[object]] = chain.from_iterable(
        measure_lines(store, each) for each in chosen
    )
    rows = iter(lines)
    with parquet.ParquetWriter(out, schema(), compression="zstd") as writer:
        while group := list(islice(rows, _GROUP_ROWS)):
            columns = [list(column) for column in zip(*group, strict=True)]
            writer.write_table(pa.table(columns, schema=schema()))
            count += len(group)
    return count
