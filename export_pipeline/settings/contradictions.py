"""Settings that cannot be together, and files that cannot be used. Each is judged on what was written, valid or not.

So whoever has written three mistakes hears of three, and a password is never quoted.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pydantic import SecretStr

from export_pipeline.datasets.registry import DATASETS
from export_pipeline.errors import ConfigError
from export_pipeline.settings.connection_rules import storage, tls, url_and_parts
from export_pipeline.settings.destination import DestinationSettings
from export_pipeline.settings.file_rules import files
from export_pipeline.settings.problem import Given, Problem
from export_pipeline.write.destinations.registry import open_destination

_NEEDS: Final = (
    ("source_tls_certificate", "source_tls_key"),
    ("source_tls_key", "source_tls_certificate"),
    ("s3_access_key_id", "s3_secret_access_key"),
    ("s3_secret_access_key", "s3_access_key_id"),
    ("s3_session_token", "s3_access_key_id"),
    ("s3_sse_kms_key_id", "s3_sse"),
)
_EXCLUDES: Final = (("source_password", "source_password_file"), ("s3_profile", "s3_access_key_id"))


def find_contradictions(values: Mapping[str, object]) -> Iterator[Problem]:
    """Yield every problem that is one of several settings, of a name, or of a file that one names."""
    datasets = values.get("datasets")
    for name in datasets if isinstance(datasets, Mapping) else ():
        if name not in DATASETS:
            yield Problem(("datasets", str(name)), f"there is no dataset {name}; there are {', '.join(DATASETS)}")
    given = {name: _text(value) for name, value in values.items() if not isinstance(value, Mapping) and _text(value)}
    if broken := [name for name, text in given.items() if "\0" in text]:  # nobody could open or ask for it
        yield from (Problem((name,), "it holds a NUL character; take it out") for name in broken)
        return
    for rule in _RULES:
        yield from rule(given)


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else str(value)


def _pairs(given: Given) -> Iterator[Problem]:
    for one, other in _NEEDS:
        if one in given and other not in given:
            yield Problem((one,), f"it needs {{{other}}} beside it: set both or neither")
    for one, other in _EXCLUDES:
        if one in given and other in given:
            yield Problem((one,), "there is another way given too; leave one of them out", (other,))
    if given.get("s3_sse", "aws:kms") != "aws:kms" and "s3_sse_kms_key_id" in given:
        yield Problem(("s3_sse_kms_key_id",), "only the encryption aws:kms uses a KMS key", ("s3_sse",))


def _root(given: Given) -> Iterator[Problem]:
    root = given.get("root", DestinationSettings.model_fields["root"].default)
    _, is_url, rest = root.partition("://")
    if is_url and "@" in rest.partition("/")[0]:
        yield Problem(("root",), "a URL here holds no account; set {s3_access_key_id} and {s3_secret_access_key}")
        return
    try:
        open_destination(root)
    except ConfigError as error:
        yield Problem(("root",), str(error).removeprefix("destination: "))


_RULES: Final[tuple[Callable[[Given], Iterator[Problem]], ...]] = (
    _pairs,
    url_and_parts,
    storage,
    tls,
    files,
    _root,
)
