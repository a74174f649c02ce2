"""What becomes of one-off exports: their history in Dagster's run storage, their files, and the end of both."""
