"""The lines of `demo --live`: what was written to the source, and what the sensors have published of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from export_pipeline.embedded.live_writer import Change
from export_pipeline.settings import PRIMARY_FORMAT, Settings
from export_pipeline.write.formats.registry import FORMATS

_NOUNS: Final = {
    "log_entries": ("log", "logs"),
    "anomaly_records": ("anomaly", "anomalies"),
    "ip_addresses": ("ip", "ips"),
}
_FORMS: Final = {"inserted": "+{} {}", "changed": "{} {} changed", "deleted": "{} {} deleted"}


class Published:
    """Knows what is published, by the manifests; what is new since the last look is news."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen = self._look()

    def news(self) -> list[str]:
        """Return what was published since the last look: `logs 2026-11-21`. Raises: DestinationError."""
        before, self._seen = self._seen, self._look()
        return [name for name, run_id in self._seen.items() if before.get(name) != run_id]

    def _look(self) -> dict[str, str]:
        """Return the run that published each partition last."""
        primary = FORMATS[PRIMARY_FORMAT]
        return {
            f"{dataset.name} {folder.partition('=')[2]}": manifest.run_id
            for dataset in self._settings.enabled_datasets
            for folder, manifest in self._settings.destination.list_manifests(dataset.name, primary).items()
        }


def describe(changes: Sequence[Change], trouble: str, news: Sequence[str]) -> Text:
    """Return one line: today's rows first, then those of older days, then what is published."""
    now = datetime.now(UTC)
    older = sorted({change.day for change in changes if change.day < now.date()})
    said = Text.assemble((f"{now:%H:%M:%S} ", "dim"))
    said.append(_sum_up([change for change in changes if change.day not in older]) or "nothing written")
    for day in older:
        said.append(f"; {day}: {_sum_up([change for change in changes if change.day == day])}", style="yellow")
    if trouble:
        said.append(f"; {trouble}", style="red")
    if news:
        said.append(f"; published: {', '.join(news)}", style="green")
    return said


def _sum_up(changes: Sequence[Change]) -> str:
    counted: Counter[tuple[str, str]] = Counter()
    for change in changes:
        counted[change.kind, change.table] += change.rows
    return ", ".join(
        _FORMS[kind].format(counted[kind, table], nouns[counted[kind, table] > 1])
        for kind in _FORMS
        for table, nouns in _NOUNS.items()
        if counted[kind, table]
    )
