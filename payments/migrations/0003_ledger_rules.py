"""The ledger's laws, kept by the database: append-only, balanced per entry and currency, written in one transaction."""

from django.db import migrations

APPEND_ONLY = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
UNDO = "DROP TRIGGER append_only ON {table}; DROP TRIGGER append_only_truncate ON {table};"
TABLES = ("payments_journalentry", "payments_posting")

# Checked once per statement over all its rows (a million postings cost one pass), so the postings of an entry have
# to be inserted by one statement; adding to an entry of an earlier transaction is refused outright.
BALANCED = """
CREATE FUNCTION check_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad record;
BEGIN
    SELECT p.entry_id, p.currency, sum(p.amount_minor) AS total INTO bad
      FROM new_postings p GROUP BY p.entry_id, p.currency HAVING sum(p.amount_minor) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal entry % does not balance in %: %', bad.entry_id, bad.currency, bad.total
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT e.id INTO bad FROM payments_journalentry e
      WHERE e.id IN (SELECT DISTINCT entry_id FROM new_postings) AND e.xid <> pg_current_xact_id()::text::bigint LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal entry % is closed: post a new entry', bad.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER balanced AFTER INSERT ON payments_posting
    REFERENCING NEW TABLE AS new_postings FOR EACH STATEMENT EXECUTE FUNCTION check_entries_balance();
"""
UNDO_BALANCED = "DROP TRIGGER balanced ON payments_posting; DROP FUNCTION check_entries_balance()"


class Migration(migrations.Migration):
    dependencies = [("payments", "0002_initial"), ("accounts", "0002_append_only_events")]
    operations = [
        *(migrations.RunSQL(APPEND_ONLY.format(table=table), UNDO.format(table=table)) for table in TABLES),
        migrations.RunSQL(BALANCED, UNDO_BALANCED),
    ]
