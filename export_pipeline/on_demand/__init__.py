"""Exports of any rows, columns and format, now: what is asked for, checked whole, then run into one output.

`fields.py` is what people fill in, `request.py` what it means once all of it is right, `run.py` runs it; where the
rows go is one file each in `outlets/`. The rows take the same way as the nightly partitions'.
"""
