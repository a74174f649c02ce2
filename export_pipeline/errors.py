"""The whole error tree. An error's branch says what to do next, its message says what, where, next.

ExportError
├── TransientError                 a retry of the whole partition may help
│   ├── SourceUnavailableError     the connection was refused, lost or cut
│   ├── SourceBusyError            a lock, a statement or a connection slot was not had in time
│   ├── DestinationUnavailableError  storage answered, but not now
│   └── OvertakenError             another export published there while ours did
└── PermanentError                 a retry would fail the same way; somebody has to change something
    ├── ConfigError                a setting, an argument or a declaration is wrong
    ├── SourceAccessError          the server refuses this account, or the object is not there
    ├── SourceBrokenError          the server fails by itself: damaged data, a failing view, a foreign server
    ├── SchemaDriftError           the live table is not the declared one
    ├── UnrepresentableValueError  a source value has no exact form in the published type
    ├── InvalidDataError           validation found more than the policy allows
    ├── BrokenCheckError           a check itself failed to run
    ├── TransformError             a transform failed to run, or broke its contract
    ├── ReconciliationError        rows were lost or doubled on the way
    ├── DestinationError           storage cannot take the file (full, read-only, no permission)
    ├── ReaderGoneError            whoever read the standard output wants no more
    ├── CorruptFileError           a file is not what was written
    ├── SupersededError            a newer snapshot of the partition is already published
    └── EmbeddedServerError        the private PostgreSQL cannot be started or joined

Where a driver's or an operating system's error becomes one of these: `extract/pg_errors.py` and
`write/os_errors.py`. Where these become Dagster retries or a stop: `defs/retries.py`. No message holds a secret.
"""


class ExportError(Exception):
    """Anything that stops an export; raised only as one of its two branches."""


class TransientError(ExportError):
    """A retry of the whole partition, from a new snapshot, may help."""


class SourceUnavailableError(TransientError):
    """The connection to the source was refused, lost or cut."""


class SourceBusyError(TransientError):
    """The source did not give a lock, a result or a connection slot in time."""


class DestinationUnavailableError(TransientError):
    """Storage is there, but does not take the file now."""


class OvertakenError(TransientError):
    """Another export published there while ours did: what is in place is not what was looked at."""


class PermanentError(ExportError):
    """A retry would fail the same way: somebody has to change something."""


class ConfigError(PermanentError):
    """A setting, an argument or a declaration is wrong."""


class SourceAccessError(PermanentError):
    """The server refuses this account, or has no such database or object."""


class SourceBrokenError(PermanentError):
    """The server fails by itself: at damaged data, in a view's function, at a foreign server."""


class SchemaDriftError(PermanentError):
    """The live table is not the declared one."""


class UnrepresentableValueError(PermanentError):
    """A source value has no exact form in the published type."""


class InvalidDataError(PermanentError):
    """Validation found more than the policy allows."""


class BrokenCheckError(PermanentError):
    """A check itself failed to run; that says nothing about the data."""


class TransformError(PermanentError):
    """A transform failed to run, or returned what it had not declared."""


class ReconciliationError(PermanentError):
    """Rows were lost or doubled between the source's snapshot and the file."""


class DestinationError(PermanentError):
    """Storage cannot take the file: full, read-only, no permission."""


class ReaderGoneError(PermanentError):
    """Whoever read the standard output has closed it: `head` has seen enough."""


class CorruptFileError(PermanentError):
    """A file is not what was written."""


class SupersededError(PermanentError):
    """A newer snapshot of the same partition is already published."""


class EmbeddedServerError(PermanentError):
    """The private PostgreSQL cannot be started or joined."""
