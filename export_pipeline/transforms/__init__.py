"""Step 3: normalize batches; one file a transform, one line each in registry.py."""
