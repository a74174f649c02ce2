"""Preflight: what stands between this configuration and its first published partition, found before it is run.

`registry.py` lists the checks in their order, one file a group of them; each yields findings (`finding.py`). Nothing
here writes to the source, and nothing stays at the destination. Checks that need Dagster are in `defs/preflight.py`.
"""
