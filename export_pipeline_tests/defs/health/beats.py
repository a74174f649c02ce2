"""Heartbeats as a daemon leaves them, without waiting for one."""

from dagster import DagsterInstance
from dagster._daemon.types import DaemonHeartbeat
from dagster_shared.error import SerializableErrorInfo


def beat(instance: DagsterInstance, at: float, *, without: str = "", error: str = "") -> None:
    """Leave a heartbeat of every part that the instance needs, `without` one; the first with an error, if given."""
    for name in sorted(instance.get_required_daemon_types()):
        if name != without:
            errors = [SerializableErrorInfo(error, [], "Broken")] if error else []
            instance.add_daemon_heartbeat(DaemonHeartbeat(at, name, "test", errors))
