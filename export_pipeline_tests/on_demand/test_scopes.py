import pytest

from export_pipeline.errors import ConfigError
from export_pipeline.on_demand.scopes import bare_entries, entries_for, require_known_scopes

ODD = 'ops."my ""odd"" table"'


@pytest.mark.parametrize(
    ("entry", "scope", "rest"),
    [
        ("logs: message", "logs", "message"),
        ("logs:a=1", "logs", "a=1"),
        ("ops.alarms : a", "ops.alarms", "a"),
        (f"{ODD}: a = 'x:y'", ODD, "a = 'x:y'"),
        ("größe: a", "größe", "a"),
    ],
)
def test_an_entry_may_be_for_one(entry: str, scope: str, rest: str) -> None:
    assert entries_for(scope, [entry]) == [rest]
    assert entries_for("another", [entry]) == []


@pytest.mark.parametrize(
    "entry", ["message", "message = 'a: b'", "a=b::text", "hour=x : y", '"a: b" = 1', "a->'b:c' = 1"]
)
def test_an_entry_without_a_scope_is_for_all(entry: str) -> None:
    assert entries_for("logs", [entry]) == [entry]
    require_known_scopes([entry], [])


def test_all_entries_are_had_without_their_scopes() -> None:
    assert bare_entries(["logs: a = 1", "b", f"{ODD}: c"]) == ["a = 1", "b", "c"]


def test_entries_for_what_is_not_exported_are_refused() -> None:
    require_known_scopes(["logs: a", "b"], ["logs"])
    with pytest.raises(ConfigError, match=r"ips, ops\.x is not exported; there is logs"):
        require_known_scopes(["ips: a", "logs: b", "ops.x: c"], ["logs"])
    with pytest.raises(ConfigError, match="there is nothing"):
        require_known_scopes(["ips: a"], [])
