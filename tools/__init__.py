"""Everything that runs off the device."""

__version__ = "1.0.0"
