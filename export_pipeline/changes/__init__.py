"""Which partitions differ from the source, and why."""
