"""How a command ends, beside 0: `docs/from-rest.md` has the list."""

from typing import Final

EXIT_PERMANENT: Final = 1
EXIT_TRANSIENT: Final = 75
"""sysexits.h's EX_TEMPFAIL: the same command may work later."""
EXIT_READER_GONE: Final = 141
"""Whoever read our standard output has closed it, as `head` does: what a shell reports of a SIGPIPE, 128 + 13."""
