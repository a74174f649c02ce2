"""Step 2: check each batch against its dataset's rules and keep the quality figures."""
