"""Databases and destination, real ones: there, away, silent, full."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from export_pipeline.defs.health.places import destination, source, storage_database
from export_pipeline.defs.look import LIMITS
from export_pipeline.errors import ConfigError, SourceUnavailableError
from export_pipeline.preflight.finding import State
from export_pipeline.settings import Settings
from export_pipeline.write.destinations.destination import Ability, Destination, Probe
from export_pipeline.write.destinations.local import LocalDestination


@dataclass(frozen=True)
class Place:
    """A destination of which only the probe matters here: how full a disk is cannot be arranged."""

    given: Probe

    def probe(self) -> Probe:
        return self.given


def judged(*problems: tuple[str | None, bool], free: int | None = 10**12) -> tuple[State, str]:
    abilities = tuple(Ability(f"ability {number}", *problem) for number, problem in enumerate(problems))
    place: Destination = Place(Probe(abilities, free, Path("/srv")))  # type: ignore[assignment] # no more is asked of it
    found = destination(place).finding
    return found.state, found.found


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port that takes connections and never says anything."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_the_storage_says_how_large_it_is(settings: Settings, storage_url: str) -> None:
    url = SecretStr(storage_url.replace("postgresql://", "postgresql+psycopg2://"))
    reading = storage_database(settings.model_copy(update={"storage_url": url}))
    assert reading.finding.state is State.OK
    assert reading.figures["storage_bytes"] > 5_000_000


@pytest.mark.usefixtures("settings")
def test_a_storage_that_is_not_set_or_not_there_is_one_message(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="EXPORT_STORAGE_URL is not set"):
        storage_database(settings.model_copy(update={"storage_url": None}))
    away = SecretStr("postgresql+psycopg2://dagster:s3cret@127.0.0.1:1/dagster")
    found = storage_database(settings.model_copy(update={"storage_url": away})).finding
    assert found.state is State.FAILED
    assert "refused" in found.found
    assert "s3cret" not in str(found)


def test_a_silent_server_is_given_up(settings: Settings, silent_port: int) -> None:
    url = f"postgresql://reader:s3cret@127.0.0.1:{silent_port}/nowhere"
    storage = SecretStr(url.replace("postgresql://", "postgresql+psycopg2://"))
    assert storage_database(settings.model_copy(update={"storage_url": storage})).finding.state is State.FAILED
    given = settings.model_copy(update={"source_url": SecretStr(url)}).source
    with pytest.raises(SourceUnavailableError, match="timeout"):
        source(given.within(LIMITS))


def test_a_source_that_answers_is_named_without_its_password(settings: Settings) -> None:
    found = source(settings.source.within(LIMITS)).finding
    assert found.state is State.OK
    assert found.found.endswith("as postgres answers")


def test_a_folder_takes_files(tmp_path: Path) -> None:
    reading = destination(LocalDestination(tmp_path))
    assert reading.finding.found.startswith("takes files; ")
    assert reading.figures["free_bytes"] > 0
    assert list(tmp_path.rglob("*.*")) == []


def test_a_folder_that_cannot_be_written_to_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = destination(LocalDestination(tmp_path / "file")).finding
    assert found.state is State.FAILED
    assert str(tmp_path / "file") in found.next_step


def test_little_room_warns_and_none_fails() -> None:
    assert judged(free=9 * 10**9) == (State.WARNING, "takes files; 9.0 GB are free at /srv")
    assert judged(free=9 * 10**8)[0] is State.FAILED
    assert judged(free=None) == (State.OK, "takes files")


def test_what_an_export_needs_decides_over_what_only_tidies_up() -> None:
    assert judged((None, True), ("denied", False)) == (State.WARNING, "cannot ability 1")
    assert judged(("denied", False), ("denied", True)) == (State.FAILED, "cannot ability 1")
