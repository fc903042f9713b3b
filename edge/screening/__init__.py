"""Many frames to one assessment."""
