"""Runs requests as the job and the command do, without Dagster: what the tests of one-off exports share."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export_pipeline.on_demand.request import Request, request_of
from export_pipeline.on_demand.run import Delivery, run
from export_pipeline.progress import OnProgress, ignore_progress
from export_pipeline.settings import Settings
from export_pipeline_tests.object_store import Bucket

DEAD = "postgresql://reader@127.0.0.1:1/nowhere"
"""Where no server listens."""


@dataclass(frozen=True, slots=True)
class Exports:
    """One-off exports under `settings`."""

    settings: Settings

    @property
    def url(self) -> str:
        return self.settings.source.conninfo

    @property
    def root(self) -> Path:
        return Path(self.settings.root)

    def request(self, **given: object) -> Request:
        return request_of(given, self.settings)

    def run(self, **given: object) -> Delivery:
        return self.watched(ignore_progress, **given)

    def watched(self, on_progress: OnProgress, **given: object) -> Delivery:
        return run(self.request(**given), secrets.token_hex(8), on_progress)

    def record(self, delivery: Delivery) -> dict[str, Any]:
        """Return what `export.json` says (Any: as it came)."""
        found: dict[str, Any] = json.loads((self.folder(delivery) / "export.json").read_text(encoding="utf-8"))
        return found

    def folder(self, delivery: Delivery) -> Path:
        return self.root / "exports" / delivery.export_id

    def file(self, delivery: Delivery, number: int = 0) -> Path:
        return self.folder(delivery) / delivery.files[number].name


def left_in(folder: Path) -> list[str]:
    """Return every file and folder below `folder`."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def bucket_settings(bucket: Bucket) -> dict[str, Any]:
    """Return the settings by which the tests' bucket is reached (Any: of several types)."""
    options = bucket.options
    return {
        "s3_endpoint_url": options.endpoint_url,
        "s3_region": options.region,
        "s3_path_style": True,
        "s3_access_key_id": options.access_key_id,
        "s3_secret_access_key": options.secret_access_key,
        "s3_spool_folder": options.spool_folder,
    }
