"""How a command ends, beside 0: `docs/from-rest.md` has the list."""

from typing import Final

EXIT_PERMANENT: Final = 1
EXIT_TRANSIENT: Final = 75
"""sysexits.h's EX_TEMPFAIL: the same command may work later."""
