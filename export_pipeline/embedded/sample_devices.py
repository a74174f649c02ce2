"""The devices of the sample network: routers, switches, access points and servers."""

from datetime import datetime

import pyarrow as pa

_KINDS = (
    ("RT-AX3000", "edge router"),
    ("core-sw", "core switch"),
    ("ap-floor", "access point"),
    ("nas", "network storage"),
    ("web", "web server"),
    ("mail", "mail server"),
    ("cam-gw", "camera gateway"),
)


def make_devices(device_count: int, created_at: datetime) -> pa.Table:
    """Return `device_count` rows of `devices`, with ids from 1; all of them exist since `created_at`."""
    numbers = range(1, device_count + 1)
    kinds = [_KINDS[number % len(_KINDS)] for number in numbers]
    created = pa.array([created_at] * device_count, pa.timestamp("us"))
    return pa.table(
        {
            "id": pa.array(numbers, pa.int32()),
            "name": pa.array([f"{kind}-{number:02d}" for number, (kind, _) in zip(numbers, kinds, strict=True)]),
            "ip_address": pa.array([f"192.168.{1 + number // 250}.{1 + number % 250}" for number in numbers]),
            "description": pa.array(
                [None if number % 9 == 0 else kind[1] for number, kind in zip(numbers, kinds, strict=True)]
            ),
            "created_at": created,
            "updated_at": created,
        }
    )
