import pyarrow as pa

from export_pipeline.write import hints


def test_a_published_field_carries_what_was_said_of_it() -> None:
    field = hints.published_field("tags", pa.string(), "Labels.", json=True, low_cardinality=True, nullable=False)
    assert (field.name, field.type, field.nullable) == ("tags", pa.string(), False)
    assert (hints.is_json(field), hints.is_low_cardinality(field), hints.description(field)) == (
        True,
        True,
        "Labels.",
    )


def test_a_field_without_hints_is_plain() -> None:
    field = pa.field("a", pa.int32())
    assert (hints.is_json(field), hints.is_low_cardinality(field), hints.description(field)) == (
        False,
        False,
        "",
    )


def test_only_hints_drops_what_a_parquet_reader_adds() -> None:
    field = hints.published_field("a", pa.int32(), "A number.")
    noisy = pa.schema([field.with_metadata(field.metadata | {b"PARQUET:field_id": b"1"})], {b"pandas": b"{}"})
    assert hints.only_hints(noisy).equals(pa.schema([field]), check_metadata=True)


def test_a_column_of_a_relation_says_so_in_a_parquet_file_too() -> None:
    schema = pa.schema([hints.published_field("device__id", pa.int32(), "", relation="device")])
    assert [hints.relation(field) for field in hints.only_hints(schema)] == ["device"]
    assert not hints.relation(pa.field("a", pa.int32()))


def test_a_currency_survives_beside_what_a_reader_adds() -> None:
    field = hints.published_field("paid", pa.int64(), "", currency="EUR")
    noisy = pa.schema([field.with_metadata(field.metadata | {b"PARQUET:field_id": b"1"})])
    assert hints.currency(hints.only_hints(noisy).field(0)) == "EUR"
    assert hints.currency(pa.field("a", pa.int64())) == ""
