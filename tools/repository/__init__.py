"""The repository of signed model files that stations update from."""
