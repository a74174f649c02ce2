"""Commands about one-off exports that are there, or on their way: a file a command."""
