"""Archives of several files: what others read out of them, how faults are found, and that nothing piles up."""

import gc
import io
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from export_pipeline.errors import ConfigError, CorruptFileError
from export_pipeline.write.formats.format import Format
from export_pipeline.write.formats.zip_archive import ZipWriter, check_zip
from export_pipeline.write.hashing_sink import HashingSink
from export_pipeline_tests.write.samples import SCHEMA, rows
from export_pipeline_tests.write.variants import VARIANTS

MOMENT = datetime(2026, 11, 20, 5, 30, 12, tzinfo=UTC)
MEMBERS = {"logs.csv": b"a,b\n1,2\n" * 1000, "logs.csv.gz": bytes(range(256)), "empty.json": b""}


def archive(path: Path, members: Mapping[str, bytes] = MEMBERS, moment: datetime = MOMENT, level: int = 3) -> Path:
    with path.open("wb") as raw:
        sink = HashingSink(raw, path)
        writer = ZipWriter(sink, moment, level)
        for name, content in members.items():
            with writer.member(name, stored=name.endswith(".gz")) as member:
                member.write(content)
                assert member.written(1).bytes == len(content)
        writer.close()
        assert not sink.closed
        assert sink.written(0).bytes == raw.tell()
    return path


def sizes(members: Mapping[str, bytes] = MEMBERS) -> dict[str, int]:
    return {name: len(content) for name, content in members.items()}


def test_others_read_what_was_put_in(tmp_path: Path) -> None:
    path = archive(tmp_path / "all.zip")
    with ZipFile(path) as opened:
        assert opened.testzip() is None
        assert {info.filename: opened.read(info) for info in opened.infolist()} == MEMBERS
        kinds = [(info.compress_type, info.date_time) for info in opened.infolist()]
    at = (2026, 11, 20, 5, 30, 12)
    assert kinds == [(ZIP_DEFLATED, at), (ZIP_STORED, at), (ZIP_DEFLATED, at)]
    check_zip(path, sizes())


@pytest.mark.parametrize("fmt", VARIANTS.values(), ids=list(VARIANTS))
def test_every_format_writes_into_a_member(fmt: Format, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    with path.open("wb") as raw:
        writer = ZipWriter(raw, MOMENT)
        with writer.member(f"logs{fmt.extension}") as sink:
            content = fmt.open(sink, SCHEMA)
            content.write(rows("a"))
            content.close()
        writer.close()
    with ZipFile(path) as opened:
        (name,) = opened.namelist()
        opened.extract(name, tmp_path)
    fmt.check(tmp_path / name, 3, SCHEMA)


def test_the_same_members_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = archive(tmp_path / "first"), archive(tmp_path / "second")
    assert first.read_bytes() == second.read_bytes()
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5)))
    assert archive(tmp_path / "third", moment=elsewhere).read_bytes() == first.read_bytes()


def test_dates_before_the_first_that_zip_knows_are_that_one(tmp_path: Path) -> None:
    with ZipFile(archive(tmp_path / "all.zip", moment=datetime(1970, 1, 1, tzinfo=UTC))) as opened:
        assert {info.date_time for info in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_higher_level_gives_a_smaller_archive(tmp_path: Path) -> None:
    text = {"logs.csv": b"".join(b"%d,%d\n" % (number, number * 7919 % 1009) for number in range(50_000))}
    found = [archive(tmp_path / f"{level}", text, level=level).stat().st_size for level in (1, 9)]
    assert found[0] > found[1]


def test_an_archive_without_members_is_one(tmp_path: Path) -> None:
    check_zip(archive(tmp_path / "all.zip", {}), {})


@pytest.mark.parametrize("name", ["größe é😀.csv", "a b=c%.csv", "date=2026-11-20/data.csv", '"x".csv', "=1+1.csv"])
def test_odd_names_are_kept(name: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "all.zip", {name: b"x"})
    check_zip(path, {name: 1})
    with ZipFile(path) as opened:
        assert opened.namelist() == [name]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/a", "../a", "a/../b", "a//b", "a/", "C:\\a", "a\0b", "a\nb", "x" * 1001, "\ud800"]
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    writer = ZipWriter(io.BytesIO(), MOMENT)
    with pytest.raises(ConfigError, match="cannot be the name of a file in a zip archive"), writer.member(name):
        pass


def test_a_name_is_given_once() -> None:
    writer = ZipWriter(io.BytesIO(), MOMENT)
    with writer.member("a.csv"):
        pass
    with pytest.raises(ConfigError, match=r"has a file a\.csv already"), writer.member("a.csv"):
        pass


def test_each_member_may_be_longer_than_4_gib() -> None:
    sink = io.BytesIO()
    writer = ZipWriter(sink, MOMENT)
    with writer.member("a.csv", stored=True) as member:
        member.write(b"x")
    assert sink.getvalue()[4:6] == b"\x2d\x00"  # to be unpacked by version 4.5, the first with 64-bit sizes
    assert sink.getvalue()[-24:-20] == b"PK\x07\x08"  # the descriptor behind: checksum, two sizes of 8 bytes


@pytest.mark.parametrize(
    "others",
    [{"logs.csv": 8000}, sizes() | {"more.csv": 1}, sizes() | {"empty.json": 1}, dict(reversed(sizes().items()))],
)
def test_other_members_than_were_written_are_found(others: dict[str, int], tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match=r"all\.zip: has other members .*; export it again"):
        check_zip(archive(tmp_path / "all.zip"), others)


def test_an_archive_cut_anywhere_is_found(tmp_path: Path) -> None:
    path = archive(tmp_path / "all.zip", {"a.csv": b"abc" * 9, "b.gz": b"x"})
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(CorruptFileError, match="is no whole zip archive"):
            check_zip(path, {"a.csv": 27, "b.gz": 1})


def test_a_changed_bit_is_found_where_it_changes_anything(tmp_path: Path) -> None:
    members = {"a.csv": b"abc" * 9, "b.gz": b"xyz"}
    path = archive(tmp_path / "all.zip", members)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        try:
            check_zip(path, sizes(members))
        except CorruptFileError as exc:
            assert "export it again" in str(exc)  # noqa: PT017 - a date, say, may be another one
        else:
            with ZipFile(path) as opened:
                assert {name: opened.read(name) for name in opened.namelist()} == members


class Halt(Exception):  # noqa: N818 - it stands for any
    """What goes wrong in a member."""


def half_written(sink: io.BytesIO) -> ZipWriter:
    writer = ZipWriter(sink, MOMENT)
    with suppress(Halt), writer.member("a.csv", stored=True) as member:
        member.write(b"abc")
        raise Halt
    return writer


def test_an_archive_whose_member_failed_is_not_finished() -> None:
    writer = half_written(io.BytesIO())
    with pytest.raises(RuntimeError, match="was not finished"):
        writer.close()


def test_an_archive_whose_member_failed_writes_nothing_more() -> None:
    sink = io.BytesIO()
    half_written(sink)
    gc.collect()
    assert sink.getvalue().endswith(b"abc")


def test_an_archive_that_is_given_up_writes_nothing_more() -> None:
    sink = io.BytesIO()
    with (given_up := ZipWriter(sink, MOMENT)).member("b.csv"):
        pass
    size = len(sink.getvalue())
    del given_up
    gc.collect()
    assert len(sink.getvalue()) == size


def test_an_archive_that_is_given_up_within_a_member_stays_silent() -> None:
    context = ZipWriter(io.BytesIO(), MOMENT).member("a.csv")
    context.__enter__()
    circle: list[object] = [context]
    circle.append(circle)
    del context, circle
    gc.collect()  # an error there would be one that pytest makes fail


MEMORY_PROGRAM = """
import os, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from export_pipeline.write.formats.zip_archive import ZipWriter, check_zip

path, noise, peaks = Path(sys.argv[1]), os.urandom(1 << 20), []
with path.open("wb") as raw:
    writer = ZipWriter(raw, datetime.now(UTC))
    for name, blocks in (("a", 20), ("b", 100)):
        with writer.member(name, stored=name == "b") as sink:
            for _ in range(blocks):
                sink.write(noise)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    writer.close()
check_zip(path, {"a": 20 << 20, "b": 100 << 20})
peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(peaks[-1] - peaks[0])
"""


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MEMORY_PROGRAM, str(tmp_path / "all.zip")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert int(done.stdout) < 16 << 10  # KiB
