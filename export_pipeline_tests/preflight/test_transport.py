"""Whether the way to the server is safe, judged by where it leads and how far it is verified."""

import pytest

from export_pipeline.extract.source import Source
from export_pipeline.preflight.finding import State
from export_pipeline.preflight.transport import check_transport, parameters

THERE = "postgresql://reader:secret@db.example.com/operations"


@pytest.mark.parametrize(
    ("url", "is_encrypted", "state", "said"),
    [
        (THERE, False, State.WARNING, "in the clear"),
        (THERE, True, State.WARNING, "the certificate is not verified (sslmode prefer)"),
        (f"{THERE}?sslmode=require", True, State.WARNING, "anybody could be db.example.com"),
        (f"{THERE}?sslmode=verify-ca", True, State.OK, "encrypted, certificate verified"),
        (f"{THERE}?sslmode=verify-full", True, State.OK, "certificate and host name verified"),
        ("postgresql://reader@localhost/x", False, State.OK, "not used on this machine"),
        ("postgresql://reader@127.0.0.1,[::1]/x", False, State.OK, "not used on this machine"),
        ("postgresql://reader@127.0.0.1,db.example.com/x", False, State.WARNING, "in the clear"),
        ("host=/run/postgresql dbname=x", False, State.OK, "not used on this machine"),
        ("postgresql:///x?host=10.0.0.7", False, State.WARNING, "10.0.0.7"),
    ],
)
def test_the_way_is_judged(url: str, state: State, said: str, *, is_encrypted: bool) -> None:
    found = check_transport(parameters(Source(url)), is_encrypted=is_encrypted)
    assert (found.state, said in found.found) == (state, True), found
    assert "secret" not in found.found


def test_what_libpq_takes_from_its_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example.com")
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    found = check_transport(parameters(Source("dbname=operations")), is_encrypted=True)
    assert found.found.endswith("(sslmode verify-full)")
