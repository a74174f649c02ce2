"""One file a place that files are published to, one line each in registry.py."""
