"""Step 4: write files in a format and publish them at a destination, whole or not at all."""
