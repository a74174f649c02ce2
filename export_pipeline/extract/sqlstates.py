"""What each of PostgreSQL's error codes means to an export: which of our errors it is, and what to do next.

By class (the first two characters) and, where one code of a class means something else, by that code. Source:
PostgreSQL manual, appendix A. A class that is not here is not known yet: a test holds the list against psycopg's.
"""

from typing import Final, NamedTuple

from export_pipeline.errors import (
    ConfigError,
    ExportError,
    SchemaDriftError,
    SourceAccessError,
    SourceBrokenError,
    SourceBusyError,
    SourceUnavailableError,
    UnrepresentableValueError,
)


class Meaning(NamedTuple):
    """Which of our errors it is, and what somebody should do; "" where the server's words say it all."""

    kind: type[ExportError]
    next_step: str = ""


_LOG = "look into the server's log"
_VIEW = "a view, a function in it or a policy of the table fails at its own query: mend it"
_NO_POOL = "connect to PostgreSQL itself, or to a pool in session or transaction mode"
_FAR = "a foreign server or its wrapper fails: run the query by hand and mend it"
_UNKNOWN: Final = Meaning(SourceBrokenError, _LOG)
_IN_QUERY: Final = Meaning(SourceBrokenError, _VIEW)

BY_CLASS: Final[dict[str, Meaning]] = {
    "02": _IN_QUERY,
    "03": _UNKNOWN,
    "08": Meaning(SourceUnavailableError, "check that the server runs and can be reached from here"),
    "09": _IN_QUERY,
    "0A": Meaning(ConfigError, "choose a relation that this server can read in a snapshot"),
    "0B": _UNKNOWN,
    "0F": _IN_QUERY,
    "0L": _IN_QUERY,
    "0P": Meaning(SourceAccessError, "check the account's roles"),
    "0Z": _IN_QUERY,
    "10": _IN_QUERY,
    "20": _IN_QUERY,
    "21": _IN_QUERY,
    "22": Meaning(UnrepresentableValueError, "mend the rows, or the expression of the view that gives them"),
    "23": _IN_QUERY,
    "24": _UNKNOWN,
    "25": _UNKNOWN,
    "26": Meaning(ConfigError, f"a pool gave the statement to another session: {_NO_POOL}"),
    "27": _IN_QUERY,
    "28": Meaning(SourceAccessError, "check user and password, and the server's pg_hba.conf"),
    "2B": _UNKNOWN,
    "2D": _IN_QUERY,
    "2F": _IN_QUERY,
    "34": _UNKNOWN,
    "38": _IN_QUERY,
    "39": _IN_QUERY,
    "3B": _UNKNOWN,
    "3D": Meaning(SourceAccessError, "check the name of the database"),
    "3F": Meaning(SourceAccessError, "check the schema in the dataset's table setting"),
    "40": Meaning(SourceBusyError),
    "42": Meaning(ConfigError, "check the dataset's table setting and column map"),
    "44": _IN_QUERY,
    "53": Meaning(SourceBusyError, "the server lacks memory, disk or connections"),
    "54": Meaning(ConfigError, "the query is beyond a limit of the server: export a simpler view"),
    "55": Meaning(SourceAccessError, "bring the relation into a state in which it can be read"),
    "57": Meaning(SourceUnavailableError, "the server was stopped or restarted"),
    "58": Meaning(SourceUnavailableError, f"the server's machine fails: {_LOG}"),
    "72": Meaning(SourceBusyError, "the server dropped the snapshot: raise old_snapshot_threshold"),
    "F0": Meaning(SourceBrokenError, _LOG),
    "HV": Meaning(SourceBrokenError, _FAR),
    "P0": _IN_QUERY,
    "XX": _UNKNOWN,
}

BY_CODE: Final[dict[str, Meaning]] = {
    "08004": Meaning(SourceAccessError, "the server refuses connections from here: see its pg_hba.conf"),
    "08P01": Meaning(ConfigError, f"what answers does not speak PostgreSQL's whole protocol: {_NO_POOL}"),
    "22012": _IN_QUERY,
    "22021": Meaning(UnrepresentableValueError, "the database holds text that is not valid UTF-8; mend those rows"),
    "22P05": Meaning(UnrepresentableValueError, "the database holds text that UTF-8 does not have; mend those rows"),
    "25006": Meaning(SourceBrokenError, "a view or a function in it writes: export a relation that only reads"),
    "25P03": Meaning(SourceBusyError, "raise EXPORT_IDLE_IN_TRANSACTION_TIMEOUT_S, or find what holds the export up"),
    "25P04": Meaning(SourceBusyError, "raise the account's transaction_timeout"),
    "40001": Meaning(
        SourceBusyError,
        "on a standby set hot_standby_feedback = on, or a longer max_standby_streaming_delay",
    ),
    "42501": Meaning(
        SourceAccessError, "grant the account SELECT on the table, and BYPASSRLS where row-level security hides rows"
    ),
    "42703": Meaning(SchemaDriftError, "check the dataset's column map against the table"),
    "42809": Meaning(SourceAccessError, "name a table, a view, a materialized view or a foreign table"),
    "42883": Meaning(ConfigError, "PostgreSQL 13 or newer is needed, and a time column of a time type"),
    "42P01": Meaning(SourceAccessError, "check the dataset's table setting and the search_path of the account"),
    "42P05": Meaning(ConfigError, f"a pool gave the session to somebody else meanwhile: {_NO_POOL}"),
    "53300": Meaning(SourceBusyError, "raise max_connections, or lower the number of exports at once"),
    "53400": Meaning(ConfigError, "raise the limit for the account, such as temp_file_limit"),
    "55000": Meaning(SourceAccessError, "fill a materialized view by REFRESH; read an unlogged table from the primary"),
    "55006": Meaning(SourceBusyError),
    "55P03": Meaning(SourceBusyError, "another session locks the table; wait for it, or raise EXPORT_LOCK_TIMEOUT_S"),
    "57014": Meaning(SourceBusyError, "the statement was cancelled or took too long; raise EXPORT_STATEMENT_TIMEOUT_S"),
    "57P04": Meaning(SourceAccessError, "the database was dropped: check its name"),
    "57P05": Meaning(SourceBusyError, "raise the account's idle_session_timeout"),
    "58P01": Meaning(SourceBrokenError, "a file of the server's is missing: a library of an extension, or data"),
    "HV001": Meaning(SourceBusyError, _FAR),
    "HV00N": Meaning(SourceUnavailableError, "the foreign server cannot be reached from the source"),
    "XX001": Meaning(SourceBrokenError, "pages of the table are damaged: restore it from a backup"),
    "XX002": Meaning(SourceBrokenError, "an index is damaged: REINDEX it"),
}


def meaning_of(sqlstate: str) -> Meaning:
    """Return what `sqlstate`, five characters, means."""
    return BY_CODE.get(sqlstate) or BY_CLASS.get(sqlstate[:2], _UNKNOWN)
