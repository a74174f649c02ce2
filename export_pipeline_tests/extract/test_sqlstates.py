"""Every error code that PostgreSQL knows has a meaning that somebody chose."""

from collections import defaultdict

import adbc_driver_manager
import psycopg
import pytest
from adbc_driver_manager import AdbcStatusCode
from psycopg import errors as codes

from export_pipeline import errors
from export_pipeline.errors import (
    ConfigError,
    ExportError,
    PermanentError,
    SchemaDriftError,
    SourceAccessError,
    SourceBrokenError,
    SourceBusyError,
    SourceUnavailableError,
    TransientError,
    UnrepresentableValueError,
)
from export_pipeline.extract.pg_errors import translate
from export_pipeline.extract.sqlstates import BY_CLASS, BY_CODE

KNOWN = sorted(
    kind.sqlstate
    for kind in vars(codes).values()
    if isinstance(kind, type) and issubclass(kind, psycopg.Error) and kind.sqlstate
)


def error_of(sqlstate: str) -> adbc_driver_manager.Error:
    return adbc_driver_manager.OperationalError(
        "IO: ERROR:  the server's words\nQuery was: SELECT password",
        status_code=AdbcStatusCode.IO,
        sqlstate=sqlstate,
    )


def test_psycopg_knows_what_we_hold_the_table_against() -> None:
    assert len(KNOWN) > 250


def test_every_class_of_codes_is_in_the_table_and_no_other() -> None:
    assert {code[:2] for code in KNOWN} == set(BY_CLASS)
    assert set(BY_CODE) <= set(KNOWN)


@pytest.mark.parametrize("sqlstate", KNOWN)
def test_every_code_says_what_the_server_said_and_what_to_do(sqlstate: str) -> None:
    error = translate(error_of(sqlstate), "logs 2026-11-20")
    assert isinstance(error, TransientError | PermanentError)
    said, _, next_step = str(error).partition("; ")
    assert said == f"logs 2026-11-20: the server's words [SQLSTATE {sqlstate}]"
    assert next_step or sqlstate[:2] in {"40", "55"}


# What a retry may help, and nothing else; and the others that a class alone would judge wrongly.
EXPECTED: dict[type[ExportError], str] = {
    SourceUnavailableError: "08000 08001 08003 08006 08007 57000 57P01 57P02 57P03 58000 58030 58P02 58P03 HV00N",
    SourceBusyError: "25P03 25P04 40000 40001 40002 40003 40P01 53000 53100 53200 53300 55006 55P03 57014 57P05 72000 "
    "HV001",
    SourceAccessError: "08004 0P000 28000 28P01 3D000 3F000 42501 42809 42P01 55000 55P02 55P04 57P04",
    SchemaDriftError: "42703",
    UnrepresentableValueError: "22003 22007 22008 22021 22P02 22P05",
    SourceBrokenError: "22012 25006 58P01 HV000 P0001 XX000 XX001 XX002",
    ConfigError: "08P01 0A000 26000 42601 42883 42P05 53400 54001",
}


def test_codes_mean_what_somebody_can_act_on() -> None:
    found = defaultdict(set)
    for sqlstate in KNOWN:
        found[type(translate(error_of(sqlstate), "x"))].add(sqlstate)
    for kind, expected in EXPECTED.items():
        whole = issubclass(kind, TransientError) or kind in {SourceAccessError, SchemaDriftError}
        assert found[kind] == set(expected.split()) if whole else found[kind] >= set(expected.split()), kind


def test_a_code_that_nobody_knows_yet_is_not_tried_again_for_ever() -> None:
    assert isinstance(translate(error_of("ZZ999"), "x"), SourceBrokenError)
    assert issubclass(SourceBrokenError, errors.PermanentError)
