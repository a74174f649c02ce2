"""What the checks share: the settings, the source with short timeouts, and what earlier checks found out."""

from dataclasses import dataclass, field
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
