"""The verbs of `posture-station`, one a file."""
