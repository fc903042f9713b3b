"""What answers an address: a file for each thing that people come for."""
