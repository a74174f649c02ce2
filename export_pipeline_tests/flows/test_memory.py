"""Memory does not grow with the partition: ten times the rows, the same peak but for 80 MB."""

from pathlib import Path

import pytest

from export_pipeline_tests.conftest import RunSql
from export_pipeline_tests.flows.exporting_children import Children, Command, Result
from export_pipeline_tests.flows.running import DAY

# The fewer ones nearly fill what is ever held: a row group of Parquet (32 MiB of Arrow data), the batches under way.
FEW, MANY = 200_000, 2_000_000

# Rows that cost the server next to nothing and no disk; a message of about 100 characters, one in 50 invalid.
ROWS = f"""
create view logs_{{rows}} as select
    g as id, g % 40 as device_id, '10.0.0.' || g % 40 as device_ip, timestamp '{DAY}' + g * interval '1
    millisecond' as "timestamp", (array['info', 'notice', 'WARN', 'err'])[1 + g % 4]::varchar as log_level,
    'program-' || g % 30 as process_name, 'connection ' || g || ' from 10.1.2.' || g % 250 || ' port 4711
    refused, retry in 30 seconds, giving up later' as message, '<30>Nov 20 05:00:00 gate dhcpd[42]:
    connection ' || g || ' from 10.1.2.' || g % 250 as raw_message, '{{{{"priority": 30, "facility": 3,
    "severity_code": 6}}}}'::json as structured_data, true as pushed_to_ai, null::timestamp as pushed_at, g
    % 50 - 1 as push_attempts, null::text as last_push_error
from generate_series(1, {{rows}}) g
"""


@pytest.fixture
def view_of(empty_source_url: str, sql: RunSql) -> str:
    for rows in (FEW, MANY):
        sql(empty_source_url, ROWS.format(rows=rows))
    return empty_source_url


def test_ten_times_the_rows_take_the_same_memory(staff: Children, view_of: str, tmp_path: Path) -> None:
    def export(rows: int) -> Result:
        done = staff.run(Command(view_of, str(tmp_path / str(rows)), table=f"logs_{rows}", batch_rows=65_536))
        assert (done.kind, done.message, done.rows) == ("", "", rows)
        return done

    few, many = export(FEW), export(MANY)
    assert few.batches > 2
    assert many.batches > 20
    assert many.peak_bytes - few.peak_bytes < 80 << 20
