"""WHAT is exported: one file a dataset, one line each in registry.py."""
