"""Checks of what is published: each partition's file beside its manifest, its declaration and the source today.

`inspector.py` gathers what the checks need and runs them; each check has a file of its own and does no I/O of its own
but the reading of the files it is about. docs/checks.md says what each one means.
"""
