"""The place where exports go: whether it takes them as publishing needs, and has room for a first backfill."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rich.filesize import decimal

from export_pipeline.preflight.finding import Finding, failed, not_looked_at, ok, warning
from export_pipeline.preflight.look import Look
from export_pipeline.settings import Settings
from export_pipeline.write.destinations.destination import Ability, Destination, Probe
from export_pipeline.write.destinations.registry import open_destination

_ATTEMPTS: Final = 2
_WAIT_S: Final = 10.0
"""An export is more patient with a bucket; who checks wants to hear of it soon."""


def check_destination(look: Look) -> Iterator[Finding]:
    """Try the place with small files, which are removed again."""
    probe = impatient_destination(look.settings).probe()
    yield ok("destination", look.settings.root_url)
    for ability in probe.abilities:
        yield _judge(ability)
    yield check_space(look, probe)


def impatient_destination(settings: Settings) -> Destination:
    """Return where exports go, for somebody who wants to hear soon whether it answers."""
    brief = replace(settings.s3_options, attempts=_ATTEMPTS, connect_timeout_s=_WAIT_S, read_timeout_s=_WAIT_S)
    return open_destination(settings.root_url, brief)


def _judge(ability: Ability) -> Finding:
    subject = f"destination: {ability.name}"
    if ability.problem is None:
        return ok(subject, "works")
    found, separator, next_step = ability.problem.rpartition("; ")
    if not separator:
        found, next_step = ability.problem, "allow it to this account"
    return failed(subject, found, next_step) if ability.is_required else warning(subject, found, next_step)


def check_space(look: Look, probe: Probe) -> Finding:
    """Compare the room with what the datasets' samples make of a first backfill."""
    subject = "destination: space"
    if probe.free_bytes is None:
        return not_looked_at(subject, "it cannot be counted")
    needed = sum(estimate.bytes for estimate in look.estimates.values())
    found = f"{decimal(probe.free_bytes)} free in {probe.free_at}"
    if not look.estimates:
        return ok(subject, f"{found}; what is needed was not measured")
    if look.settings.root_url.startswith("s3://"):
        return ok(subject, f"{found}, the spool of uploads; {decimal(needed)} go to the bucket")
    if needed > probe.free_bytes:
        return failed(
            subject,
            f"{found}; the first backfill needs about {decimal(needed)}",
            "make room, choose another EXPORT_ROOT, or begin with a later EXPORT_FIRST_PARTITION",
        )
    return ok(subject, f"{found}, about {decimal(needed)} needed for the first backfill")
