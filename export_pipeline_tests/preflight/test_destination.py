"""The destination: what it is tried for, and whether a first backfill has room there."""

from dataclasses import replace
from pathlib import Path

import pytest

from export_pipeline.preflight.bounded import findings_of
from export_pipeline.preflight.destination import check_destination, check_space
from export_pipeline.preflight.finding import Finding, State
from export_pipeline.preflight.look import Look
from export_pipeline.preflight.sample import Estimate
from export_pipeline.settings import Settings
from export_pipeline.write.destinations.destination import Probe
from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.preflight.looking import by_subject


def found_at(root: str, **overrides: object) -> dict[str, Finding]:
    look = Look(Settings.load(**{"root": root, **overrides}), ())
    return by_subject(findings_of("destination", lambda: check_destination(look)))


def in_bucket(bucket: Bucket, **changed: object) -> dict[str, object]:
    """Return the settings that reach the bucket."""
    options = replace(bucket.options, **changed)  # type: ignore[arg-type] # fields of S3Options
    return {
        "s3_endpoint_url": options.endpoint_url,
        "s3_region": options.region,
        "s3_path_style": options.path_style,
        "s3_access_key_id": options.access_key_id,
        "s3_secret_access_key": options.secret_access_key,
        "s3_spool_folder": options.spool_folder,
    }


def test_a_folder_that_takes_files_is_good_and_stays_as_it_was(tmp_path: Path) -> None:
    found = found_at(str(tmp_path))
    assert {finding.state for finding in found.values()} == {State.OK}
    assert found["destination"].found == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    failures = [one for one in found_at(str(tmp_path / "file" / "exports")).values() if one.state is State.FAILED]
    assert failures
    assert str(tmp_path / "file") in failures[0].found
    assert failures[0].next_step


def test_a_bucket_that_takes_objects_is_good_and_stays_empty(bucket: Bucket) -> None:
    found = found_at(f"{bucket.url}/exports", **in_bucket(bucket))
    assert {finding.state for finding in found.values()} == {State.OK}, found
    assert bucket.list_keys() == []
    assert bucket.open_uploads() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"secret_access_key": "wrong"}, "secret"),
        ({"access_key_id": "reader", "secret_access_key": "reader-secret-key-of-the-tests"}, "denied"),
        ({"endpoint_url": "http://127.0.0.1:1"}, "check export_s3_endpoint_url"),
    ],
)
def test_a_bucket_that_refuses_us_says_what_to_do(bucket: Bucket, changed: dict[str, str], said: str) -> None:
    found = found_at(bucket.url, **in_bucket(bucket, **changed))
    failures = [one for one in found.values() if one.state is State.FAILED]
    assert failures, found
    assert said in f"{failures[0].found} {failures[0].next_step}".lower()
    assert "wrong" not in str(failures)


def test_a_bucket_that_is_not_there_is_named(bucket: Bucket) -> None:
    found = found_at("s3://no-such-bucket/exports", **in_bucket(bucket))
    failures = [one for one in found.values() if one.state is State.FAILED]
    assert "no-such-bucket" in failures[0].found


@pytest.mark.parametrize(("free_bytes", "state"), [(10**12, State.OK), (10**6, State.FAILED)])
def test_room_is_compared_with_the_estimate(tmp_path: Path, free_bytes: int, state: State) -> None:
    look = Look(Settings.load(root=str(tmp_path)), (), estimates={"logs": Estimate(1, 1.0, 10**9)})
    found = check_space(look, Probe((), free_bytes, tmp_path))
    assert (found.state, "1.0 GB" in found.found) == (state, True)


def test_room_that_cannot_be_counted_is_said(tmp_path: Path) -> None:
    look = Look(Settings.load(root=str(tmp_path)), ())
    assert check_space(look, Probe((), None, tmp_path)).found == "not looked at: it cannot be counted"
