"""A matter from intake to archive: its steps as a table, its clocks, and what is found out about it."""
