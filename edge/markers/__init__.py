"""Stickers: half balls on the spine told by their colour, and printed targets on any landmark."""
