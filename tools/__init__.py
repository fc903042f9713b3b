"""Everything that runs off the device."""

__version__ = "0.1.0"
