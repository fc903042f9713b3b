"""How the tools' programs end when nobody reads on: as the station's does."""

from edge.commands.pipe import ends_with_its_reader

__all__ = ["ends_with_its_reader"]
