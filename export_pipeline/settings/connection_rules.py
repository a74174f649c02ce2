"""How the source and Dagster's storage are reached: what of it cannot be together. Nothing is connected to."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from export_pipeline.errors import ConfigError
from export_pipeline.extract.source import parse_conninfo
from export_pipeline.settings.automation import STORAGE_DRIVER
from export_pipeline.settings.problem import Given, Problem

_PARTS: Final = ("source_host", "source_port", "source_database", "source_user")
_IN_URL: Final = {
    "source_tls": "sslmode",
    "source_tls_root": "sslrootcert",
    "source_tls_certificate": "sslcert",
    "source_tls_key": "sslkey",
    "source_password": "password",
    "source_password_file": "password",
}
_VERIFYING: Final = ("verify-ca", "verify-full")


def url_and_parts(given: Given) -> Iterator[Problem]:
    """Yield what is said of the source twice, and a URL that is none."""
    if "source_url" not in given:
        return
    if parts := tuple(name for name in _PARTS if name in given):
        yield Problem(("source_url",), "give the source as a URL or in parts, not both; leave one of them out", parts)
    try:
        url = parse_conninfo(given["source_url"])
    except ConfigError:
        yield Problem(
            ("source_url",),
            "it is not a PostgreSQL connection string; percent-encode odd characters, or give the source in parts",
        )
        return
    for name, parameter in _IN_URL.items():
        if name in given and parameter in url:
            yield Problem((name,), f"the URL says {parameter} too; leave one of them out", ("source_url",))


def storage(given: Given) -> Iterator[Problem]:
    """Hold the storage's URL to both of its readers: SQLAlchemy for Dagster, libpq for us."""
    url = given.get("storage_url", "")
    if not url.startswith(STORAGE_DRIVER):  # its own field says so
        return
    try:
        make_url(url)
        parse_conninfo(url.replace("+psycopg2", "", 1))
    except (ArgumentError, ConfigError, ValueError):
        yield Problem(("storage_url",), "it is no URL of a database; percent-encode odd characters (`@` is `%40`)")


def tls(given: Given) -> Iterator[Problem]:
    """Yield where less would be verified than it seems, or nothing could be."""
    if not any(name.startswith("source_tls") for name in given):
        return
    url = _url(given)
    mode, root = (given.get(name) or url.get(_IN_URL[name], "") for name in ("source_tls", "source_tls_root"))
    if root and mode not in _VERIFYING:
        yield Problem(
            ("source_tls_root",), "nothing is checked against it unless {source_tls} is verify-ca or verify-full"
        )
    if root == "system" and mode == "verify-ca":
        yield Problem(("source_tls_root",), "the machine's own root certificates need {source_tls} verify-full")
    if mode in _VERIFYING and not root and not _default_root():
        yield Problem(("source_tls",), "it needs {source_tls_root}, a file of root certificates or `system`")
    if mode == "verify-full" and not _host_has_a_name(given.get("source_host") or url.get("host", ""), url):
        yield Problem(("source_tls",), "verify-full compares the server's name: it needs {source_host}, a host's name")
    if mode == "disable" and "source_tls_certificate" in given:
        yield Problem(("source_tls_certificate",), "with {source_tls} disable nobody is shown it")


def _host_has_a_name(host: str, url: Mapping[str, str]) -> bool:
    if not host and ("service" in url or "PGSERVICE" in os.environ):
        return True  # libpq alone reads a service's file
    host = host or os.environ.get("PGHOST", "")
    return bool(host) and not host.startswith("/")


def _default_root() -> bool:
    if "PGSSLROOTCERT" in os.environ:
        return True
    with suppress(RuntimeError):  # an account without a home
        return Path("~/.postgresql/root.crt").expanduser().exists()
    return False


def _url(given: Given) -> Mapping[str, str]:
    with suppress(ConfigError):
        return parse_conninfo(given.get("source_url", ""))
    return {}
