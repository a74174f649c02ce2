"""The way to the server: whether TLS keeps others out of it, how far it is verified, and what stands in between."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Final

import psycopg
from psycopg import pq

from export_pipeline.extract.source import Source, parse_conninfo
from export_pipeline.preflight.finding import Finding, not_looked_at, ok, warning

_SUBJECT: Final = "source: TLS"
_VERIFYING: Final = ("verify-ca", "verify-full")
_ADVICE: Final = "set EXPORT_SOURCE_TLS=verify-full and the server's root certificate"


def check_way(source: Source) -> Iterator[Finding]:
    """Connect once more, by a driver that says what became of the connection here.

    The server itself knows no better: behind a pooler that ends TLS, it sees the pooler's own connection.
    """
    given = parameters(source)
    try:
        with psycopg.connect(source.conninfo, connect_timeout=source.timeouts.connect_s) as connection:
            announced = connection.info.backend_pid
            ((actual,),) = connection.execute("SELECT pg_backend_pid()")
            is_encrypted = bool(connection.pgconn.ssl_in_use)
    except psycopg.Error as error:
        yield not_looked_at(_SUBJECT, f"a second connection failed: {type(error).__name__}")
        return
    yield check_transport(given, is_encrypted=is_encrypted)
    if announced != actual:
        yield ok("source: pool", "PgBouncer, or something like it, stands in between: docs/sources.md says what works")


def check_transport(given: Mapping[str, str], *, is_encrypted: bool) -> Finding:
    """Judge the connection by libpq's parameters, and by what it became."""
    mode, host = given.get("sslmode") or "prefer", given.get("hostaddr") or given.get("host") or ""
    if _is_here(host):
        return ok(_SUBJECT, f"{'used' if is_encrypted else 'not used'} on this machine (sslmode {mode})")
    if not is_encrypted:
        return warning(_SUBJECT, f"none: password and rows go over the network to {host} in the clear", _ADVICE)
    if mode not in _VERIFYING:
        found = f"encrypted, but the certificate is not verified (sslmode {mode}): anybody could be {host}"
        return warning(_SUBJECT, found, _ADVICE)
    verified = "certificate and host name" if mode == "verify-full" else "certificate"
    return ok(_SUBJECT, f"encrypted, {verified} verified (sslmode {mode})")


def parameters(source: Source) -> dict[str, str]:
    """Return libpq's own defaults (environment, service file) below what was given."""
    defaults = {one.keyword.decode(): one.val.decode() for one in pq.Conninfo.get_defaults() if one.val}
    return defaults | parse_conninfo(source.conninfo)


def _is_here(host: str) -> bool:
    """Tell whether a host, or each of several, is this machine: a socket's folder, a loopback address."""
    return all(_is_loopback(one) for one in host.split(","))


def _is_loopback(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
