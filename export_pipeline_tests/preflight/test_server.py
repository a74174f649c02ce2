"""What is said of the server: its version, the account, a standby, the clocks; and which server does not answer."""

import socket
import threading
from dataclasses import replace

import pytest

from export_pipeline.embedded.server import EmbeddedServer
from export_pipeline.preflight.bounded import findings_of
from export_pipeline.preflight.finding import Finding, State
from export_pipeline.preflight.look import LIMITS, Look
from export_pipeline.preflight.server import Facts, check_clock, check_server, check_standby, check_version
from export_pipeline.settings import Settings
from export_pipeline_tests.extract.test_pooler import pgbouncer
from export_pipeline_tests.preflight.looking import Reader, by_subject

FACTS = Facts(
    major=18,
    version="18.6",
    user="reader",
    is_superuser=False,
    is_read_only=False,
    is_standby=True,
    has_feedback=False,
    standby_delay_s=30,
    behind_us_s=0.0,
)


def found_at(url: str, **overrides: object) -> dict[str, Finding]:
    look = Look(Settings.load(**{"source_url": url, **overrides}), ())
    return by_subject(findings_of("source", lambda: check_server(look)))


def test_a_server_that_can_be_read_is_all_good(reader: Reader) -> None:
    found = found_at(reader.url)
    assert {finding.state for finding in found.values()} == {State.OK}
    assert found["source: version"].found.startswith("PostgreSQL 1")
    assert found["source: account"].found == f"{reader.name}, no superuser"
    assert found["source: TLS"].found == "not used on this machine (sslmode prefer)"
    assert "source: standby" not in found


def test_an_account_that_only_reads_by_default_is_said(reader: Reader) -> None:
    reader.sql("ALTER ROLE {reader} SET default_transaction_read_only = on")
    assert found_at(reader.url)["source: account"].found == f"{reader.name}, no superuser, read-only by default"


def test_a_superuser_is_a_warning(source_url: str) -> None:
    found = found_at(source_url)["source: account"]
    assert (found.state, found.found) == (State.WARNING, "postgres is a superuser")


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        (":reads@", ":wrong@", "password authentication failed"),
        ("/test_", "/no_test_", "does not exist"),
        ("@127.0.0.1:", "@no-such-host.invalid:", "no-such-host.invalid"),
    ],
)
def test_a_server_that_refuses_us_is_quoted_without_the_password(
    reader: Reader, wrong: str, right: str, said: str
) -> None:
    found = found_at(reader.url.replace(wrong, right))
    assert found["source"].state is State.FAILED
    assert said in found["source"].found
    assert found["source"].next_step
    assert ":reads" not in str(found)


@pytest.mark.system
def test_a_pool_in_between_is_said(server: EmbeddedServer, source_url: str) -> None:
    with pgbouncer(server, source_url, "transaction") as pooled:
        found = found_at(pooled)
    assert found["source: pool"].state is State.OK
    assert "PgBouncer" in found["source: pool"].found


def test_a_server_itself_is_no_pool(reader: Reader) -> None:
    assert "source: pool" not in found_at(reader.url)


def test_a_port_that_nobody_listens_on_is_named() -> None:
    found = found_at("postgresql://reader@127.0.0.1:1/operations")["source"]
    assert found.state is State.FAILED
    assert "127.0.0.1:1/operations as reader" in found.found
    assert found.next_step == "check that the server runs and can be reached from here"


def test_a_server_that_never_answers_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = found_at(f"postgresql://reader@127.0.0.1:{silent.getsockname()[1]}/x", connect_timeout_s=2)["source"]
    assert found.state is State.FAILED
    assert "timeout expired" in found.found


def test_a_source_that_is_not_set_says_how_to_set_it() -> None:
    look = Look(Settings.load(), ())
    (found,) = findings_of("source", lambda: check_server(look))
    assert found.found.startswith("EXPORT_SOURCE_URL is not set")
    assert look.source is None


@pytest.mark.parametrize(("major", "state"), [(12, State.FAILED), (13, State.OK), (18, State.OK), (19, State.WARNING)])
def test_versions_are_judged(major: int, state: State) -> None:
    assert check_version(replace(FACTS, major=major)).state is state


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, State.WARNING),
        ({"has_feedback": True}, State.OK),
        ({"standby_delay_s": -1}, State.OK),
        ({"standby_delay_s": 3600}, State.OK),
    ],
)
def test_a_standby_that_cancels_long_reads_is_a_warning(changed: dict[str, int], state: State) -> None:
    (found,) = check_standby(replace(FACTS, **changed))  # type: ignore[arg-type] # fields of Facts
    assert found.state is state


def test_a_primary_has_no_standby_finding() -> None:
    assert list(check_standby(replace(FACTS, is_standby=False))) == []


@pytest.mark.parametrize(("behind_us_s", "said"), [(90.0, "90 s behind the clock"), (-7.0, "7 s ahead of the clock")])
def test_clocks_that_differ_are_a_warning(behind_us_s: float, said: str) -> None:
    found = check_clock(behind_us_s)
    assert (found.state, said in found.found) == (State.WARNING, True)


def test_shorter_timeouts_of_the_settings_stay() -> None:
    settings = Settings.load(source_url="postgresql://x@127.0.0.1/x", statement_timeout_s=1, connect_timeout_s=0)
    timeouts = settings.source.within(LIMITS).timeouts
    assert (timeouts.statement_s, timeouts.connect_s) == (1, 5)


def test_a_check_without_an_end_is_ended() -> None:
    gate = threading.Event()

    def silent() -> "list[Finding]":
        gate.wait()
        return []

    (found,) = findings_of("source", lambda: iter(silent()), longest_s=0.2)
    gate.set()
    assert (found.state, found.found) == (State.FAILED, "no answer within 0.2 s")


def test_a_broken_check_is_a_finding_that_names_it() -> None:
    def broken() -> "list[Finding]":
        raise KeyError("oops")

    (found,) = findings_of("logs", lambda: iter(broken()))
    assert found.found == "the check itself failed: KeyError: 'oops'"
