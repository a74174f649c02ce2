"""The pages are true: made from the code where they can be, and their links and commands exist."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from export_pipeline.settings import Settings
from export_pipeline.write.manifest import Manifest
from export_pipeline_tests.project.configuration_page import PAGE, render

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def test_the_configuration_page_is_made_of_the_settings() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), (
        "run: python -m export_pipeline_tests.project.configuration_page"
    )


def test_the_configuration_pages_yaml_file_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "password").write_text("secret", encoding="utf-8")
    (tmp_path / "config.yaml").write_text(
        example.replace("/run/secrets/source_password", str(tmp_path / "password")), encoding="utf-8"
    )
    monkeypatch.setenv("EXPORT_CONFIG", str(tmp_path / "config.yaml"))
    settings = Settings.load()
    assert str(settings.source) == "db.example.com:5432/operations as reader"
    assert settings.dataset("logs").selection.placing_time.source_name == "logged_at"
    assert settings.formats_of("logs") == ()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_variables_that_pages_name_are_settings(page: Path) -> None:
    named = re.findall(r"\bEXPORT_[A-Z0-9_]*[A-Z]", page.read_text(encoding="utf-8"))
    known = {f"EXPORT_{name.upper()}" for name in Settings.model_fields}
    assert {name.split("__")[0] for name in named} <= known


def test_every_field_of_the_manifest_is_described() -> None:
    described = (ROOT / "docs" / "published-files.md").read_text(encoding="utf-8")
    assert [field.name for field in fields(Manifest) if f"`{field.name}`" not in described] == []


def test_every_dependency_has_its_line() -> None:
    import tomllib  # noqa: PLC0415 - only here

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["embedded"]]
    described = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    names = [re.split(r"[\[>=<]", requirement)[0] for requirement in wanted]
    assert [name for name in names if name not in described] == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_locks_name_no_host(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


def test_the_layers_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout
