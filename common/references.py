"""References between tables, checked once per statement instead of once per row (decision 0007).

A foreign key runs a query and locks the parent for every row, which costs an import more than writing the rows. Here
a statement that inserts rows looks up each different parent once. The price is paid by whoever deletes a parent, which
nobody does in the ordinary course: it holds up writers of the child table, so that no child can slip in meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import migrations

# Whatever the statistics of a growing table say, parents are found by their key.
_BY_KEY = "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
# The parents of each column are counted by one walk along their index, all columns by one query; only when one is
# missing is each looked up, to name it.
_ANY_MISSING = """
    IF (SELECT {fewer} FROM (SELECT {wanted} FROM new_rows) wanted) THEN {checks} END IF;
"""
_WANTED = "array_agg(DISTINCT {column}) FILTER (WHERE {column} IS NOT NULL) AS {column}_ids"
_FEWER = "cardinality({column}_ids) > (SELECT count(*) FROM {parent} WHERE id = ANY ({column}_ids))"
_MISSING = """
    SELECT {column}::text INTO missing FROM {rows} WHERE {column} IS NOT NULL
        AND NOT EXISTS (SELECT FROM {parent} WHERE {parent}.id = {column}) LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = '{table}.{column} refers to {parent} ' || missing
            || ', which does not exist', TABLE = '{table}', COLUMN = '{column}', CONSTRAINT = '{table}_{column}_exists';
    END IF;
"""
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {{table}}_parents_exist() RETURNS trigger LANGUAGE plpgsql {_BY_KEY} AS $$
DECLARE missing text;
BEGIN {{checks}} RETURN NULL; END $$;
"""
_INSERTED = """
CREATE TRIGGER parents_exist AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_parents_exist();
"""
_UPDATED = """
CREATE FUNCTION {table}_parents_still_exist() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing text;
BEGIN {checks} RETURN NULL; END $$;
CREATE TRIGGER parents_still_exist AFTER UPDATE OF {columns} ON {table} FOR EACH ROW
    WHEN ({moved}) EXECUTE FUNCTION {table}_parents_still_exist();
"""
# A lock and a look are two statements, so the look sees what was committed while the lock was waited for.
_KEPT = """
CREATE FUNCTION {table}_{column}_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM {table} WHERE {column} = OLD.id) THEN
        RAISE foreign_key_violation USING
            MESSAGE = '{parent} ' || OLD.id || ' is still referred to by {table}.{column}',
            TABLE = '{table}', COLUMN = '{column}', CONSTRAINT = '{table}_{column}_exists';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER {table}_{column}_kept BEFORE DELETE ON {parent} FOR EACH ROW
    EXECUTE FUNCTION {table}_{column}_kept();
CREATE TRIGGER {table}_{column}_kept_key BEFORE UPDATE OF id ON {parent} FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION {table}_{column}_kept();
"""
_DROP_CHILD = """
DROP TRIGGER parents_exist ON {table};
DROP TRIGGER parents_still_exist ON {table};
DROP FUNCTION {table}_parents_exist, {table}_parents_still_exist;
"""
_DROP_KEPT = """
DROP TRIGGER {table}_{column}_kept ON {parent};
DROP TRIGGER {table}_{column}_kept_key ON {parent};
DROP FUNCTION {table}_{column}_kept;
"""


def check_references(table: str, parents: Mapping[str, str]) -> migrations.RunSQL:
    """The operation that has `table` checked; `parents` is column -> parent table, whose key is `id`."""
    pairs = parents.items()
    updated = "".join(
        _MISSING.format(table=table, column=column, parent=parent, rows=f"(SELECT NEW.{column}) moved")
        for column, parent in pairs
    )
    moved = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in parents)
    forward = _function(table, parents) + _INSERTED.format(table=table)
    forward += _UPDATED.format(table=table, checks=updated, columns=", ".join(parents), moved=moved)
    forward += "".join(_KEPT.format(table=table, column=column, parent=parent) for column, parent in pairs)
    back = "".join(_DROP_KEPT.format(table=table, column=column, parent=parent) for column, parent in pairs)
    return migrations.RunSQL(forward, back + _DROP_CHILD.format(table=table))


def renew_check(table: str, parents: Mapping[str, str]) -> migrations.RunSQL:
    """The operation that brings the check of inserts up to what this module says now."""
    return migrations.RunSQL(_function(table, parents), migrations.RunSQL.noop)


def _function(table: str, parents: Mapping[str, str]) -> str:
    pairs = parents.items()
    checks = "".join(_MISSING.format(table=table, column=c, parent=p, rows="new_rows") for c, p in pairs)
    fewer = " OR ".join(_FEWER.format(column=column, parent=parent) for column, parent in pairs)
    wanted = ", ".join(_WANTED.format(column=column) for column in parents)
    return _FUNCTION.format(table=table, checks=_ANY_MISSING.format(fewer=fewer, wanted=wanted, checks=checks))
