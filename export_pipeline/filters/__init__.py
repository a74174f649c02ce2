"""Conditions on rows: as values, as text, and on Arrow batches. The SQL of them is in `extract/predicates.py`."""
