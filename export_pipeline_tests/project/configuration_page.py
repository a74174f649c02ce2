"""Writes `docs/configuration.md` from the settings' own code.

Run it as `python -m export_pipeline_tests.project.configuration_page`.
"""

from datetime import date
from enum import Enum
from pathlib import Path
from textwrap import fill
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from export_pipeline.settings import GROUPS, PREFIX, DatasetSettings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"

_HEAD = """# Configuration

Every setting can be given in three places. The first that has it decides:

1. an environment variable, `EXPORT_BATCH_ROWS=50000`;
2. a line of the same form in the file `.env` of the working folder. Quote a value with blanks, `#` or quotes; `${NAME}`
   stands for a variable;
3. a YAML file that `EXPORT_CONFIG` names, where the same setting is `batch_rows: 50000`.

An empty variable, `EXPORT_SOURCE_HOST=`, takes back what a file says. Whatever is wrong is said at once, before
anything runs: each setting by its name and file, what is wrong, an example. A name that is no setting is an error
too, with the one that was probably meant. So are settings that contradict each other, such as a source's URL and its
host.

A YAML file holds as much of this page as you like:

```yaml
source_host: db.example.com
source_database: operations
source_user: reader
source_password_file: /run/secrets/source_password
source_tls: verify-full
source_tls_root: system

root: s3://exports/operations
s3_region: eu-central-1

zone: Europe/Berlin
first_partition: 2024-01-01
formats: [csv]

datasets:
  logs:
    table: ops.log_entries
    time_column: logged_at
    column_map: {message: msg, device_ip: host}
    partition_grain: hour
    formats: []
    on_invalid: quarantine
  ips:
    enabled: false
```

Keep files with passwords to yourself (mode 600). What is called secret below is in no log, event, metadata, manifest or
error message, and on no command line.

## What Dagster itself reads

`dagster dev`, `dagster-webserver` and `dagster-daemon` read the `.env` of the folder that they are started in, too,
and there even `DAGSTER_HOME`, the folder with `dagster.yaml`. For them, `.env` has precedence over the environment.
They know nothing of `EXPORT_CONFIG`: `dagster.yaml` takes `EXPORT_STORAGE_URL` from the environment or `.env`, and
where it stands in YAML alone, only `export-pipeline check` and `export-pipeline health` find it. Runs and the code
server find every setting in all three places.

`export-pipeline demo` and `dev` have a database and a destination of their own: they read neither `.env` nor
`EXPORT_CONFIG`.

How many exports read the source at once is no setting of this page: in `dagster.yaml` it is
`concurrency.pools.default_limit`, which Dagster takes as a number alone, not from the environment. At run time, for one
pool: `dagster instance concurrency set source_db 4`. What it costs: [operations.md](operations.md).
"""

_HEADER = ["| variable | type | default | what | example |", "| --- | --- | --- | --- | --- |"]
_WORDS: dict[type, str] = {
    bool: "true, false",
    int: "whole number",
    float: "number",
    str: "text",
    SecretStr: "secret",
    Path: "path",
    date: "date",
    tuple: "list",
    dict: "mapping",
}
_UNITS = {"_s": "seconds", "_bytes": "bytes", "_days": "days", "_rows": "rows"}


def render() -> str:
    """Return the page."""
    parts = [_section(group, PREFIX) for group in GROUPS]
    return "\n".join([_HEAD, *parts, _section(DatasetSettings, f"{PREFIX}DATASETS__LOGS__")])


def _section(group: type[BaseModel], prefix: str) -> str:
    heading, _, text = (group.__doc__ or "").partition("\n\n")
    body = fill(" ".join(text.split()), 120, break_on_hyphens=False)
    lines = [f"## {heading.strip().removesuffix('.')}", "", *([body, ""] if body else []), *_HEADER]
    for name, field in group.model_fields.items():
        example = (field.examples or [""])[0]
        default = _shown(field.get_default(call_default_factory=True))
        kind = _kind(name, field.annotation)
        lines.append(f"| `{prefix}{name.upper()}` | {kind} | {default} | {field.description} | `{example}` |")
    return "\n".join(lines) + "\n"


def _kind(name: str, annotation: Any) -> str:  # noqa: ANN401 - whatever a field is annotated with
    plain = _plain(annotation)
    unit = next((unit for end, unit in _UNITS.items() if plain in {int, float} and name.endswith(end)), "")
    if get_origin(plain) is Literal:
        return ", ".join(get_args(plain))
    if isinstance(plain, type) and issubclass(plain, Enum):
        return ", ".join(str(choice.value) for choice in plain)
    return unit or _WORDS[get_origin(plain) or plain]


def _plain(annotation: Any) -> Any:  # noqa: ANN401 - see above
    """Return the type without None and without constraints."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        (one,) = (choice for choice in get_args(annotation) if choice is not type(None))
        return _plain(one)
    return annotation


def _shown(value: object) -> str:
    if value is None or value in ({}, ()):
        return "none"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`"
    if isinstance(value, Enum):
        return f"`{value.value}`"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
