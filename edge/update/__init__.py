"""Model files in: trust, download, slots, trial, roll back."""
