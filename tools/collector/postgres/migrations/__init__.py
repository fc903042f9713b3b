"""Numbered steps from an empty database to today's tables; a published one never changes."""
