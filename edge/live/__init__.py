"""What engine and uplink say to each other at once: no byte of it touches a disk or waits there."""
