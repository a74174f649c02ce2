"""Makes a run keep its connection to Dagster's storage for a few seconds, as the webserver does.

By default Dagster opens one for every statement: three of them, 4 ms each, to store the result of one check.
"""

from typing import Final
from weakref import WeakSet

from dagster import DagsterInstance
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, Pool, PoolProxiedConnection

_KEEP_S: Final = 5
"""Short, so that a connection which a firewall has cut meanwhile is not used any more."""
_MOST: Final = 20

_kept: Final[WeakSet[DagsterInstance]] = WeakSet()


def keep_connections(instance: DagsterInstance) -> None:
    """Let the process's `instance` use connections again; a second call does nothing."""
    if instance not in _kept:
        if not event.contains(Pool, "checkout", _ping):
            event.listen(Pool, "checkout", _ping)
        instance.optimize_for_webserver(statement_timeout=0, pool_recycle=_KEEP_S, max_overflow=_MOST)
        _kept.add(instance)


def _ping(connection: DBAPIConnection, _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Have a kept connection that a restart of the server has cut replaced by a new one.

    Raises: DisconnectionError, on which SQLAlchemy connects again, and Dagster a few times more.
    """
    try:
        connection.cursor().execute("select 1")
    except Exception as error:  # each driver has its own
        raise DisconnectionError from error
