from pathlib import Path

import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.write.destinations.local import LocalDestination
from export_pipeline.write.destinations.registry import DESTINATIONS, open_destination


@pytest.mark.parametrize(
    ("location", "root"),
    [
        ("/data/out", Path("/data/out")),
        ("file:///data/out", Path("/data/out")),
        ("FILE://localhost/data/my%20out", Path("/data/my out")),
        ("out", Path.cwd() / "out"),
    ],
)
def test_a_folder_or_a_file_url_is_a_local_destination(location: str, root: Path) -> None:
    assert open_destination(location) == LocalDestination(root)


def test_another_scheme_is_refused_with_the_supported_ones_and_without_its_secrets() -> None:
    with pytest.raises(ConfigError, match=r"ftp:// is not supported.*file://") as caught:
        open_destination("ftp://user:s3cret@host/data")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("location", ["", "  ", "file://elsewhere/data", "file://[abc"])
def test_an_empty_location_or_a_foreign_host_is_refused(location: str) -> None:
    with pytest.raises(ConfigError, match="destination"):
        open_destination(location)


def test_every_destination_is_registered_by_its_scheme() -> None:
    assert list(DESTINATIONS) == ["file", "s3"]
