"""Training of the networks that ship."""

import os

# Two threads on cores that other processes use as well: one that waits must not burn its core.
# Measured on two busy cores: 24 to 33 ms of CPU an image, 73 without. Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
