"""Whether the installation works now: queue, daemon, datasets, and the places that all of it needs.

`examine.py` looks at everything in order; `asset.py` has Dagster do so at intervals. The command line shows the same.
"""
