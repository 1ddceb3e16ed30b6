"""Writing a resolved chunk: people, contact points, accounts, history, events. In this order, rows in key order."""

INSERT_DEBTORS = """
    INSERT INTO accounts_debtor (id, creditor_id, creditor_reference, name, name_tokens, birth_year, country,
                                 time_zone, language, created_at)
    SELECT debtor_id, %(creditor)s, customer_reference, name, name_tokens, birth_year, country, time_zone, language,
           %(now)s
    FROM import_rows
    WHERE debtor_new AND debtor_id IN (SELECT debtor_id FROM import_rows WHERE outcome = 'created')
    ORDER BY customer_reference
"""
UPDATE_DEBTORS = """
    UPDATE accounts_debtor d SET name = r.name, name_tokens = r.name_tokens, birth_year = r.birth_year,
        country = r.country, time_zone = r.time_zone, language = r.language
    FROM import_rows r
    WHERE d.id = r.debtor_id AND r.debtor_changed AND r.outcome IN ('created', 'updated')
"""
INSERT_CONTACTS = """
    INSERT INTO accounts_contactpoint (id, debtor_id, kind, value, value_index, last_digits, position, condition,
                                       created_at)
    SELECT id, debtor_id, kind, value, value_index, last_digits, position, condition, created_at
    FROM import_contacts
"""
INSERT_CONSENTS = """
    INSERT INTO accounts_consent (debtor_id, channel, purpose, granted, evidence, recorded_at)
    SELECT debtor_id, channel, 'collection', granted,
           jsonb_build_object('source', 'placement file', 'import', %(job)s::text, 'line', line), %(now)s
    FROM import_consents
"""
INSERT_ACCOUNTS = """
    INSERT INTO accounts_account (id, creditor_id, portfolio_id, debtor_id, creditor_reference, product, segment,
        currency, status, due_date, placed_minor, balance_minor, principal_minor, interest_minor, fees_minor,
        costs_minor, credit_limit_minor, reported_minor, quiet_reason, created_at)
    SELECT account_id, %(creditor)s, %(portfolio)s, debtor_id, account_reference, product, segment, currency, 'open',
        due_date,
        principal + interest + fees + costs, principal + interest + fees + costs, principal, interest, fees, costs,
        credit_limit, ARRAY[principal, interest, fees, costs], '', %(now)s
    FROM import_rows WHERE outcome = 'created' ORDER BY account_reference
"""
UPDATE_ACCOUNTS = """
    UPDATE accounts_account a SET
        due_date = CASE WHEN a.reported_minor = ARRAY[r.principal, r.interest, r.fees, r.costs]
                         AND a.reported_minor <> ARRAY[a.principal_minor, a.interest_minor, a.fees_minor, a.costs_minor]
                        THEN a.due_date ELSE r.due_date END,
        product = CASE WHEN r.product = 'other' THEN a.product ELSE r.product END,
        segment = coalesce(nullif(r.segment, ''), a.segment),
        credit_limit_minor = coalesce(r.credit_limit, a.credit_limit_minor),
        status = r.new_status,
        principal_minor = a.principal_minor + r.moved_principal,
        interest_minor = a.interest_minor + r.moved_interest,
        fees_minor = a.fees_minor + r.moved_fees,
        costs_minor = a.costs_minor + r.moved_costs,
        balance_minor = a.balance_minor + r.moved_principal + r.moved_interest + r.moved_fees + r.moved_costs,
        reported_minor = ARRAY[r.principal, r.interest, r.fees, r.costs]
    FROM import_rows r WHERE a.id = r.account_id AND r.outcome = 'updated'
"""
# Months the file covers are replaced, months before and after it are kept, months between the two stay unknown.
_MERGED = """
        CASE
            WHEN m.ahead >= cardinality(h.{column}) THEN
                h.{column} || array_fill(NULL::bigint, ARRAY[m.ahead - cardinality(h.{column})]) || excluded.{column}
            WHEN m.ahead >= 0 THEN
                h.{column}[1 : m.ahead] || excluded.{column}
                || h.{column}[m.ahead + cardinality(excluded.{column}) + 1 : cardinality(h.{column})]
            WHEN -m.ahead >= cardinality(excluded.{column}) THEN
                excluded.{column} || array_fill(NULL::bigint, ARRAY[-m.ahead - cardinality(excluded.{column})])
                || h.{column}
            ELSE excluded.{column} || h.{column}[cardinality(excluded.{column}) + m.ahead + 1 : cardinality(h.{column})]
        END"""
_AHEAD = """
        SELECT ((extract(year FROM h.newest_month) - extract(year FROM excluded.newest_month)) * 12
            + extract(month FROM h.newest_month) - extract(month FROM excluded.newest_month))::int AS ahead"""
INSERT_HISTORY = """
    INSERT INTO accounts_accounthistory (account_id, newest_month, billed_minor, paid_minor)
    SELECT account_id, newest_month, billed, paid FROM import_rows
    WHERE newest_month IS NOT NULL AND outcome = 'created' ORDER BY account_id
"""
UPSERT_HISTORY = f"""
    INSERT INTO accounts_accounthistory AS h (account_id, newest_month, billed_minor, paid_minor)
    SELECT account_id, newest_month, billed, paid FROM import_rows
    WHERE newest_month IS NOT NULL AND outcome = 'updated' ORDER BY account_id
    ON CONFLICT (account_id) DO UPDATE SET
        newest_month = greatest(h.newest_month, excluded.newest_month),
        (billed_minor, paid_minor) = (SELECT {_MERGED.format(column="billed_minor")},
        {_MERGED.format(column="paid_minor")}
        FROM ({_AHEAD}) m)
"""  # noqa: S608 - built from constants
INSERT_EVENTS = """
    INSERT INTO accounts_event (kind, account_id, debtor_id, creditor_id, actor_id, source, data, happened_at)
    SELECT CASE outcome WHEN 'created' THEN 'account.placed' ELSE 'account.updated' END, account_id, debtor_id,
        %(creditor)s, %(actor)s, 'import',
        jsonb_build_object('import', %(job)s::text, 'line', line, 'currency', currency,
            'moved_minor', moved_principal + moved_interest + moved_fees + moved_costs), %(now)s
    FROM import_rows WHERE outcome IN ('created', 'updated') ORDER BY line
"""
INSERT_STATUS_EVENTS = """
    INSERT INTO accounts_event (kind, account_id, debtor_id, creditor_id, actor_id, source, data, happened_at)
    SELECT 'account.status_changed', account_id, debtor_id, %(creditor)s, %(actor)s, 'import',
        jsonb_build_object('import', %(job)s::text, 'before', status, 'after', new_status), %(now)s
    FROM import_rows WHERE outcome = 'updated' AND status <> new_status ORDER BY line
"""
CLAIM_CHUNK = """
    INSERT INTO accounts_importchunk (job_id, number, rows_created, rows_updated, rows_unchanged, rows_bad)
    VALUES (%(job)s, %(number)s, 0, 0, 0, 0) ON CONFLICT (job_id, number) DO NOTHING
"""
CLOSE_CHUNK = """
    UPDATE accounts_importchunk SET rows_created = %(created)s, rows_updated = %(updated)s,
        rows_unchanged = %(unchanged)s, rows_bad = %(bad)s WHERE job_id = %(job)s AND number = %(number)s
"""
ALWAYS = (INSERT_DEBTORS, INSERT_CONTACTS, INSERT_ACCOUNTS, INSERT_HISTORY, INSERT_EVENTS, INSERT_CONSENTS)
ON_UPDATES = (UPDATE_DEBTORS, UPDATE_ACCOUNTS, UPSERT_HISTORY, INSERT_STATUS_EVENTS)
