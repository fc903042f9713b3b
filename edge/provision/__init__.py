"""Who this station is: given once by a file on the boot partition, kept for this board alone."""
