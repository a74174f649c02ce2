"""Findings as people and programs read them."""

import json

import pytest

from export_pipeline.cli.findings_table import print_findings
from export_pipeline.preflight.finding import failed, ok, warning

FINDINGS = [
    ok("source", "connected"),
    warning("logs: time index", "[none]", "CREATE INDEX;"),
    failed("logs: table", "é is not there", "X=é"),
]


def test_in_a_pipe_each_finding_is_one_line_and_its_next_step_another(capsys: pytest.CaptureFixture[str]) -> None:
    print_findings(FINDINGS, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "✓ source: connected",
        "! logs: time index: [none]",
        "  → CREATE INDEX;",
        "✗ logs: table: é is not there",
        "  → X=é",
        "1 ✓  1 !  1 ✗",
    ]


def test_json_holds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    print_findings(FINDINGS, as_json=True)
    last = json.loads(capsys.readouterr().out)[-1]
    assert last == {"subject": "logs: table", "state": "failed", "found": "é is not there", "next_step": "X=é"}
