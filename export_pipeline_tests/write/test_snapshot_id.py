import pytest

from export_pipeline.write.snapshot_id import SnapshotOrder
from export_pipeline_tests.write.samples import snapshot

PUBLISHED = snapshot(100)


@pytest.mark.parametrize(
    ("ours", "order"),
    [
        (snapshot(100), SnapshotOrder.EQUAL),
        (snapshot(101), SnapshotOrder.NEWER),
        (snapshot(99), SnapshotOrder.OLDER),
        (snapshot(100, xmin=90), SnapshotOrder.OLDER),
        (snapshot(101, xmin=90), SnapshotOrder.NEWER),
        (snapshot(99, xmax=100), SnapshotOrder.OLDER),
        (snapshot(1, system_identifier="1"), SnapshotOrder.REBASE),
        (snapshot(200, timeline=2), SnapshotOrder.REBASE),
    ],
)
def test_snapshots_of_one_server_are_ordered_and_others_are_a_rebase(ours: object, order: SnapshotOrder) -> None:
    assert isinstance(ours, type(PUBLISHED))
    assert ours.compared_to(PUBLISHED) is order


def test_when_it_was_taken_does_not_count() -> None:
    assert snapshot(100, taken_at=snapshot(5).taken_at).compared_to(PUBLISHED) is SnapshotOrder.EQUAL
