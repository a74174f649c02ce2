"""What everything needs: Dagster's storage database, the source, the destination. Each is asked with a time limit."""

from typing import Final

import psycopg
from rich.filesize import decimal

from export_pipeline.defs.health.reading import Reading, first_line
from export_pipeline.errors import ConfigError
from export_pipeline.extract.source import Source
from export_pipeline.preflight.finding import failed, ok, warning
from export_pipeline.settings import Settings
from export_pipeline.write.destinations.destination import Destination

ANSWER_S: Final = 5
FEW_BYTES: Final = 10 * 10**9
TOO_FEW_BYTES: Final = 10**9

_SIZE = "SELECT pg_database_size(current_database())"


def storage_database(settings: Settings) -> Reading:
    """Say how large Dagster's storage is. Raises: ConfigError when none is set."""
    if settings.storage_url is None:
        raise ConfigError("EXPORT_STORAGE_URL is not set; set it as for the daemon, which keeps its runs there")
    url = settings.storage_url.get_secret_value().replace("+psycopg2", "", 1)
    limits = f"-c statement_timeout={ANSWER_S * 1000}"
    try:
        with psycopg.connect(url, connect_timeout=ANSWER_S, options=limits) as connection:
            (size,) = connection.execute(_SIZE).fetchone() or (0,)
    except psycopg.OperationalError as error:
        advice = "start it, or mend EXPORT_STORAGE_URL; until then nothing is run or recorded"
        return Reading(failed("storage database", f"cannot be reached: {first_line(str(error))}", advice))
    return Reading(ok("storage database", f"answers, holds {decimal(size)}"), {"storage_bytes": size})


def source(given: Source) -> Reading:
    """Say whether the source answers. Raises: TransientError, PermanentError when it does not."""
    with given.asking() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchall()
    return Reading(ok("source", f"{given} answers"))


def destination(place: Destination) -> Reading:
    """Say whether the place takes files, and how much room is left, where that can be counted."""
    probe = place.probe()
    refused = [ability for ability in probe.abilities if ability.problem is not None]
    figures = {} if probe.free_bytes is None else {"free_bytes": probe.free_bytes}
    for ability in sorted(refused, key=lambda one: not one.is_required):
        say = failed if ability.is_required else warning
        return Reading(say("destination", f"cannot {ability.name}", str(ability.problem)), figures)
    if probe.free_bytes is None:
        return Reading(ok("destination", "takes files"), figures)
    said = f"takes files; {decimal(probe.free_bytes)} are free at {probe.free_at}"
    if probe.free_bytes >= FEW_BYTES:
        return Reading(ok("destination", said), figures)
    say = failed if probe.free_bytes < TOO_FEW_BYTES else warning
    return Reading(say("destination", said, "make room there, or give it a larger disk"), figures)
