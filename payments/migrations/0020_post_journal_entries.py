"""One door to the ledger's rows: entries, postings and cached balances of a whole batch in one call.

A function keeps its plans for as long as the connection lives; planning took longer than posting. Whatever the
statistics of a growing table say, accounts are found by their key.
"""

from django.db import migrations

POST = """
CREATE FUNCTION post_journal_entries(
    kinds text[], creditors bigint[], keys text[], effective timestamptz[], reverse_of bigint[], facts text[],
    currencies text[], recorded timestamptz,
    positions bigint[], line_kinds text[], line_qualifiers text[], line_accounts bigint[], line_components text[],
    line_minors bigint[]
) RETURNS TABLE (place bigint, entry_id bigint, entry_xid bigint) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    -- Locked in the order of their ids, as everybody locks them.
    PERFORM FROM accounts_account WHERE id = ANY (line_accounts) ORDER BY id FOR NO KEY UPDATE;
    -- An account of another creditor or currency: said, not raised, so that the caller's transaction lives on.
    IF EXISTS (
        SELECT FROM unnest(positions, line_accounts) AS line (place, account_id)
          LEFT JOIN accounts_account account ON account.id = line.account_id
         WHERE line.account_id IS NOT NULL
           AND (account.creditor_id, account.currency) IS DISTINCT FROM (creditors[line.place], currencies[line.place])
    ) THEN
        RETURN QUERY SELECT 0::bigint, NULL::bigint, NULL::bigint;
        RETURN;
    END IF;
    -- Opened in one order, so that of two who open the same lines one waits for the other.
    INSERT INTO payments_ledgeraccount (creditor_id, currency, kind, qualifier)
    SELECT DISTINCT creditors[line.place], currencies[line.place], line.kind, line.qualifier
      FROM unnest(positions, line_kinds, line_qualifiers) AS line (place, kind, qualifier)
     WHERE NOT EXISTS (SELECT FROM payments_ledgeraccount chart
                        WHERE chart.creditor_id = creditors[line.place] AND chart.currency = currencies[line.place]
                          AND chart.kind = line.kind AND chart.qualifier = line.qualifier)
     ORDER BY 1, 2, 3, 4
    ON CONFLICT DO NOTHING;
    -- Numbers follow the order of the batch, because account statements read by them; rows go in by key, so that of two
    -- batches with the same keys one waits for the other. What is there already gets no lines and moves nothing.
    RETURN QUERY
    WITH given AS (
        SELECT nextval('payments_journalentry_id_seq') AS id, given.* FROM unnest(
            kinds, creditors, keys, effective, reverse_of, facts, currencies
        ) WITH ORDINALITY AS given (kind, creditor_id, key, effective_at, reverses_id, data, currency, place)
    ), entry AS (
        INSERT INTO payments_journalentry
               (id, kind, creditor_id, idempotency_key, effective_at, recorded_at, reverses_id, data)
        SELECT given.id, given.kind, given.creditor_id, given.key, given.effective_at, recorded, given.reverses_id,
               given.data::jsonb
          FROM given ORDER BY given.key
        ON CONFLICT (idempotency_key) DO NOTHING RETURNING payments_journalentry.id, payments_journalentry.xid
    ), line AS (
        SELECT entry.id AS entry_id, given.creditor_id, given.currency, line.* FROM unnest(
            positions, line_kinds, line_qualifiers, line_accounts, line_components, line_minors
        ) AS line (place, kind, qualifier, account_id, component, minor)
        JOIN given ON given.place = line.place JOIN entry ON entry.id = given.id
    ), posting AS (
        INSERT INTO payments_posting (entry_id, ledger_account_id, account_id, component, amount_minor, currency)
        SELECT line.entry_id,
               (SELECT chart.id FROM payments_ledgeraccount chart
                 WHERE chart.creditor_id = line.creditor_id AND chart.currency = line.currency
                   AND chart.kind = line.kind AND chart.qualifier = line.qualifier),
               line.account_id, line.component, line.minor, line.currency FROM line
    ), moved AS (
        UPDATE accounts_account account
           SET balance_minor = account.balance_minor + move.total,
               principal_minor = account.principal_minor + move.principal,
               interest_minor = account.interest_minor + move.interest,
               fees_minor = account.fees_minor + move.fees,
               costs_minor = account.costs_minor + move.costs
          FROM (SELECT line.account_id, sum(line.minor)::bigint AS total,
                       coalesce(sum(line.minor) FILTER (WHERE line.component = 'principal'), 0)::bigint AS principal,
                       coalesce(sum(line.minor) FILTER (WHERE line.component = 'interest'), 0)::bigint AS interest,
                       coalesce(sum(line.minor) FILTER (WHERE line.component = 'fees'), 0)::bigint AS fees,
                       coalesce(sum(line.minor) FILTER (WHERE line.component = 'costs'), 0)::bigint AS costs
                  FROM line WHERE line.kind = 'receivable' GROUP BY line.account_id) move
         WHERE account.id = move.account_id
    )
    SELECT given.place, entry.id, entry.xid FROM entry JOIN given ON given.id = entry.id;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0019_unmatched_money_and_readings"), ("accounts", "0009_references_found_together")]
    operations = [migrations.RunSQL(POST, "DROP FUNCTION post_journal_entries")]
