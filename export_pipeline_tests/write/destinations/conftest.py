"""A network in front of the object store that fails as it is told."""

from collections.abc import Iterator

import pytest

from export_pipeline_tests.object_store import Bucket
from export_pipeline_tests.write.destinations.fault_proxy import FaultProxy, fault_proxy


@pytest.fixture
def proxy(bucket: Bucket) -> Iterator[FaultProxy]:
    with fault_proxy(str(bucket.options.endpoint_url)) as running:
        yield running
