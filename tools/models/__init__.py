"""Import, describe, check and export of models."""
