"""Tables as people read them: fitted to a terminal, never cut."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from edge.shown import shown


def show(table: Table, console: Console | None = None) -> None:
    """Print a table. A pipe has no width of its own: nothing is folded to fit a supposed one.

    Title and caption are lines of their own: inside the table they would be folded to its width.
    """
    console = console or Console(emoji=False)
    title, table.title = table.title, None
    caption, table.caption = table.caption, None
    for column in table.columns:
        column.overflow = "fold"  # and not an ellipsis, however narrow the terminal is
        column._cells = [_plain(cell) for cell in column.cells]
    _line(title, console)
    if table.row_count or not caption:
        _fitting(table, console).print(table, soft_wrap=False)
    _line(caption, console)


def _fitting(table: Table, console: Console) -> Console:
    if console.is_terminal:
        return console
    unbounded = console.options.update(max_width=1_000_000)
    needed = Measurement.get(console, unbounded, table).maximum
    return Console(file=console.file, width=max(console.width, needed))


def _plain(cell: RenderableType) -> RenderableType:
    """Text from outside is no markup, and moves no cursor."""
    return Text(shown(cell)) if isinstance(cell, str) else cell


def _line(text: object, console: Console) -> None:
    if text:
        said = text if isinstance(text, Text) else Text(shown(str(text)))
        console.print(said, soft_wrap=True, highlight=False, markup=False)
