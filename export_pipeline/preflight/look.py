"""What the checks share: the settings, the source with short timeouts, and what earlier checks found out."""

from dataclasses import dataclass, field, replace
from typing import Final

from export_pipeline.extract.source import Source, Timeouts
from export_pipeline.preflight.sample import Estimate
from export_pipeline.settings import Settings

LIMITS: Final = Timeouts(connect_s=5, lock_s=5, statement_s=20, idle_in_transaction_s=60, network_silence_s=15)


@dataclass(slots=True)
class Look:
    """One preflight under way. The source is only looked at by way of `source`, once it is known to be there."""

    settings: Settings
    datasets: tuple[str, ...]
    source: Source | None = None
    estimates: dict[str, Estimate] = field(default_factory=dict)
    """What a first export of a dataset takes, by its name, where it could be measured."""


def in_short(source: Source) -> Source:
    """Return the source with timeouts that end every check soon; shorter ones stay, and 0 is none."""
    own = source.timeouts
    return replace(
        source,
        timeouts=Timeouts(
            connect_s=min(own.connect_s or LIMITS.connect_s, LIMITS.connect_s),
            lock_s=min(own.lock_s or LIMITS.lock_s, LIMITS.lock_s),
            statement_s=min(own.statement_s or LIMITS.statement_s, LIMITS.statement_s),
            idle_in_transaction_s=LIMITS.idle_in_transaction_s,
            network_silence_s=min(own.network_silence_s or LIMITS.network_silence_s, LIMITS.network_silence_s),
        ),
    )
