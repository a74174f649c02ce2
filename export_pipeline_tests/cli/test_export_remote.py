"""`export --url`: what is refused before the webserver is asked. Exports behind a real one: `exports/test_url.py`."""

import pytest

from export_pipeline_tests.cli.conftest import Invoke

NOBODY = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ips", "--format", "xml", "--start", "soon"), "start: 'soon' is no ISO date"),
        ((), "nothing is chosen"),
        (("ips", "--format", "csv", "-o", "-"), "leave `-o -` out"),
        (("ips", "-o", "here.parquet"), "a file of that machine"),
        (("ips", "--preview", "5"), "a preview is shown where it runs"),
        (("ips", "--json"), "leave --json out"),
    ],
)
def test_what_cannot_be_is_said_before_anybody_is_asked(invoke: Invoke, arguments: tuple[str, ...], said: str) -> None:
    done = invoke("export", *arguments, "--url", NOBODY)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_a_place_of_that_installation_is_its_own_business(invoke: Invoke) -> None:
    done = invoke("export", "ips", "-o", "s3://bucket/ips.parquet", "--url", NOBODY)
    assert (done.returncode, "does not answer" in done.stderr) == (75, True)
