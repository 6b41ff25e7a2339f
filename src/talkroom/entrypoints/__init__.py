"""Where a process begins."""
