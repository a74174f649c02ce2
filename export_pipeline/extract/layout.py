"""How the server reads the stored rows of a relation, as one hash: some ALTERs give old rows other values.

They write no row: a column dropped and added anew with a constant default, two columns that exchange their names, an
enum's label renamed, a virtual column's expression. Adding a label changes the hash too, though no row reads otherwise.
"""

from psycopg.sql import Literal

from export_pipeline.extract.selection import Selection

# `within` follows domains and arrays down to the enums they hold.
_WITH_LAYOUTS = """
WITH RECURSIVE tally AS MATERIALIZED (
    {tally}
), attribute AS (
    SELECT a.attrelid, a.attname, a.attnum, a.atttypid, a.atttypmod, a.attmissingval::text AS missing,
        CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS expression
    FROM (SELECT DISTINCT relation::oid AS oid FROM tally) AS held
    JOIN pg_attribute a ON a.attrelid = held.oid AND a.attnum > 0 AND a.attname IN ({names})
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
), within AS (
    SELECT atttypid AS type, atttypid AS oid FROM attribute
    UNION
    SELECT within.type, part.oid FROM within JOIN pg_type t ON t.oid = within.oid
    CROSS JOIN LATERAL (VALUES (t.typbasetype), (t.typelem)) AS part (oid) WHERE part.oid <> 0
), enum AS (
    SELECT within.type, string_agg(format('%s %L', e.oid, e.enumlabel), ',' ORDER BY e.oid) AS labels
    FROM within JOIN pg_enum e ON e.enumtypid = within.oid GROUP BY 1
), layouts AS (
    SELECT attrelid::bigint AS relation, hashtextextended(string_agg(
        format('%L %s %s %s %L %L %L', attname, attnum, atttypid, atttypmod, missing, expression, labels),
        ',' ORDER BY attnum) COLLATE "C", 0)::text AS layout
    FROM attribute LEFT JOIN enum ON enum.type = atttypid GROUP BY 1
)
SELECT tally.*, layout FROM tally LEFT JOIN layouts USING (relation)
"""


def with_layouts(selection: Selection, tally: str) -> str:
    """Return the SELECT `tally`, which has a column `relation` (an oid or NULL), with that relation's layout last."""
    names = ", ".join(Literal(column.source_name).as_string(None) for column in selection.columns)
    return _WITH_LAYOUTS.format(tally=tally, names=names)
