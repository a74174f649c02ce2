"""Whether tables can be joined to a selection without doubling its rows; asked in the export's own snapshot."""

from collections.abc import Sequence

from export_pipeline.errors import SchemaDriftError
from export_pipeline.extract.catalog import require_declared
from export_pipeline.extract.query import doubled_keys_query
from export_pipeline.extract.selection import Join
from export_pipeline.extract.snapshot import Snapshot


def require_joinable(snapshot: Snapshot, joins: Sequence[Join]) -> None:
    """Compare the joined tables with what is declared of them.

    Where no unique index covers the key, the server looks for keys that are there twice.
    Raises: SchemaDriftError naming the table and what is wrong, UnrepresentableValueError as `Snapshot.count` does.
    """
    for join in joins:
        live = snapshot.describe(join.selection)
        require_declared(live, join.selection)
        doubled = 0 if live.key_is_unique else int(str(snapshot.rows(doubled_keys_query(join))[0][0]))
        if doubled:
            raise SchemaDriftError(
                f"{snapshot.where}: {doubled} values of {join.table}.{join.key} are there more than once, so rows that "
                "belong to them would be doubled. Make it unique, or leave the relation out of nested"
            )
        if any(column.travels.is_list for column in join.columns):
            snapshot.count(join.selection, with_xmin=live.has_xmin)
