"""One file a format, one line each in registry.py."""
