"""Where the rows of a one-off export go, one file a kind; `outlet.py` says what a kind must do."""
