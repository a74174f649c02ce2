"""The source's server: which one it is, as whom and how we reach it, and what that means for an export."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from export_pipeline.extract.source import Source
from export_pipeline.preflight.finding import Finding, failed, ok, warning
from export_pipeline.preflight.look import LIMITS, Look
from export_pipeline.preflight.transport import check_way

OLDEST: Final = 13
NEWEST: Final = 18
"""Major versions of PostgreSQL; the functions that read a snapshot came with 13."""

_CLOCKS_APART_S: Final = 5.0
_SHORT_DELAY_S: Final = 300

_FACTS = """
SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version'), current_user::text,
    r.rolsuper, current_setting('default_transaction_read_only') = 'on', pg_is_in_recovery(),
    current_setting('hot_standby_feedback') = 'on',
    (SELECT setting::bigint / 1000 FROM pg_settings WHERE name = 'max_standby_streaming_delay'),
    extract(epoch FROM clock_timestamp())::float8
FROM pg_roles r WHERE r.rolname = current_user
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server says of itself and of us; `standby_delay_s` is below 0 where it waits for ever."""

    major: int
    version: str
    user: str
    is_superuser: bool
    is_read_only: bool
    is_standby: bool
    has_feedback: bool
    standby_delay_s: int
    behind_us_s: float
    """Seconds that the server's clock is behind the one here."""


def check_server(look: Look) -> Iterator[Finding]:
    """Look at the server. From here on `look.source` is set, if it can be read from."""
    source = look.settings.source.within(LIMITS)
    facts = _ask(source)
    yield ok("source", f"{source}: connected")
    yield from check_way(source)
    yield check_version(facts)
    yield _check_account(facts)
    yield from check_standby(facts)
    yield check_clock(facts.behind_us_s)
    if facts.major >= OLDEST:
        look.source = source


def check_version(facts: Facts) -> Finding:
    """Judge the major version."""
    subject, found = "source: version", f"PostgreSQL {facts.version}"
    if facts.major < OLDEST:
        return failed(subject, f"{found} is too old", f"upgrade the server to PostgreSQL {OLDEST} or newer")
    if facts.major > NEWEST:
        return warning(subject, f"{found} is newer than what this was tried with", f"up to {NEWEST} is known to work")
    return ok(subject, found)


def check_clock(behind_us_s: float) -> Finding:
    """Compare the two clocks: which partition is still open is told by the one here."""
    subject = "source: clock"
    if abs(behind_us_s) < _CLOCKS_APART_S:
        return ok(subject, "agrees with the clock here")
    side = "behind" if behind_us_s > 0 else "ahead of"
    return warning(
        subject,
        f"{abs(behind_us_s):.0f} s {side} the clock here",
        "set both by NTP: rows of the last minutes may seem to lie in the next partition",
    )


def _ask(source: Source) -> Facts:
    with source.asking() as cursor:
        begun = datetime.now(UTC)
        cursor.execute(_FACTS)
        row = cursor.fetchone()
        here = begun + (datetime.now(UTC) - begun) / 2
    facts: list[Any] = [*row[:-1], here.timestamp() - row[-1]]  # Any: what the query's columns hold
    return Facts(*facts)


def _check_account(facts: Facts) -> Finding:
    subject = "source: account"
    if facts.is_superuser:
        return warning(
            subject,
            f"{facts.user} is a superuser",
            "give the exports an account that can only read: docs/quickstart-own-database.md has its SQL",
        )
    read_only = ", read-only by default" if facts.is_read_only else ""
    return ok(subject, f"{facts.user}, no superuser{read_only}")


def check_standby(facts: Facts) -> Iterator[Finding]:
    """Say whether a standby lets an export end; nothing of a primary."""
    if not facts.is_standby:
        return
    subject, found = "source: standby", "the server is a standby"
    if facts.has_feedback or facts.standby_delay_s < 0 or facts.standby_delay_s >= _SHORT_DELAY_S:
        yield ok(subject, f"{found} that lets long reads end")
        return
    yield warning(
        subject,
        f"{found} that cancels a read which holds replay up for {facts.standby_delay_s} s",
        "on the standby set hot_standby_feedback = on, or max_standby_streaming_delay longer than an export takes",
    )
