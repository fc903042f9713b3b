"""Everything that runs off the device."""
