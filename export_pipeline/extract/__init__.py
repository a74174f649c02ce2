"""Step 1: read a selection of the source, in one snapshot, as Arrow record batches."""
