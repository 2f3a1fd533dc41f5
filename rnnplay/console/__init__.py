"""Speaking to people on a terminal: progress, tables, numbers."""
