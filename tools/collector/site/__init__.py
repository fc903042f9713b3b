"""What an operator needs to run a site: keys, certificates, the broker's and stations' files."""
