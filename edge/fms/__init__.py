"""Seven movements scored from pose sequences: a suggestion with evidence, confirmed by a person."""
