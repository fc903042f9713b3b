"""The store in PostgreSQL: any number of workers, hosts that stand in for each other."""
