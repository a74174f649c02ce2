"""The daemon's parts: each leaves a heartbeat in the run storage every 30 s, with the errors it met."""

from datetime import datetime
from typing import Final

from dagster import DagsterInstance

from export_pipeline.defs.health.reading import Reading, first_line, graded, in_words
from export_pipeline.preflight.finding import Finding, State, failed, ok, warning

SILENT_S: Final = 120
DEAD_S: Final = 300

_START = "start it: `dagster-daemon run`, or what keeps it running (docs/operations.md)"


def daemon(instance: DagsterInstance, now: datetime) -> Reading:
    """Say whether every part of the daemon that the instance needs is alive, and works."""
    beats = instance.get_daemon_heartbeats()
    needed = sorted(instance.get_required_daemon_types())
    if missing := [name for name in needed if name not in beats]:
        what = "it has never run" if len(missing) == len(needed) else f"these parts never ran: {', '.join(missing)}"
        return Reading(failed("daemon", what, _START))
    ages_s = {name: now.timestamp() - beats[name].timestamp for name in needed}
    slowest = max(ages_s, key=ages_s.__getitem__)
    figures = {"daemon_heartbeat_s": ages_s[slowest]}
    state = graded(ages_s[slowest], SILENT_S, DEAD_S)
    if state is not State.OK:
        said = f"{slowest} was last seen {in_words(ages_s[slowest])} ago"
        return Reading(Finding("daemon", state, said, _START), figures)
    errors = {name: beats[name].errors for name in needed if beats[name].errors}
    for name, met in errors.items():
        said = f"{name}: {first_line(met[0].message) if met else ''}"
        return Reading(warning("daemon", said, "the daemon's log says more"), figures)
    return Reading(ok("daemon", f"{len(needed)} parts, each seen in the last {SILENT_S} s"), figures)
