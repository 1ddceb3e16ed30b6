"""Comparing a staged chunk with what is kept: new, changed, the same, or refused. No statement here changes an account.

The balance is compared with what the creditor stated last (`reported_minor`), not with the balance of today: a file
sent twice must not undo the payments taken in between. When the stated figures change after payments moved the
balance, only the creditor knows whether they include those payments, so the row waits for the option that says it.
"""

# By list, not by join: the planner then takes the unique index, whatever the statistics of a growing table say.
KNOWN_ACCOUNTS = """
    SELECT creditor_reference, id FROM accounts_account WHERE creditor_id = %s AND creditor_reference = ANY(%s)
"""
LOCK = "SELECT id FROM accounts_account WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
NEW_IDS = """
    SELECT nextval('accounts_account_id_seq') FROM generate_series(1, %s)
"""
DROP_KNOWN_CONTACTS = """
    DELETE FROM import_contacts c USING accounts_contactpoint p
    WHERE p.debtor_id = c.debtor_id AND p.kind = c.kind AND p.value_index = c.value_index
"""
DROP_KNOWN_CONSENTS = """
    DELETE FROM import_consents c WHERE c.granted = (
        SELECT k.granted FROM accounts_consent k
        WHERE k.debtor_id = c.debtor_id AND k.channel = c.channel AND k.purpose = 'collection'
        ORDER BY k.recorded_at DESC, k.id DESC LIMIT 1)
"""
RESOLVE = """
    INSERT INTO import_rows
    SELECT s.*,
        CASE
            WHEN a.id IS NULL AND x.total = 0 THEN 'nothing_owed'
            WHEN a.id IS NULL THEN 'created'
            WHEN a.currency <> s.currency THEN 'other_currency'
            WHEN a.debtor_id <> s.debtor_id THEN 'other_customer'
            WHEN y.base IS NULL THEN 'paid_meanwhile'
            WHEN x.kept[1] + z.moved[1] < 0 OR x.kept[2] + z.moved[2] < 0
              OR x.kept[3] + z.moved[3] < 0 OR x.kept[4] + z.moved[4] < 0 THEN 'below_zero'
            WHEN x.stated <> x.reported OR s.debtor_changed
              OR (s.due_date <> a.due_date AND x.kept = x.reported)
              OR (s.product <> 'other' AND s.product <> a.product)
              OR (s.segment <> '' AND s.segment <> a.segment)
              OR s.credit_limit <> coalesce(a.credit_limit_minor, -1)
              OR s.line IN (SELECT line FROM import_contacts) OR s.line IN (SELECT line FROM import_consents)
              OR (s.newest_month IS NOT NULL AND (h.account_id IS NULL OR m.ahead < 0
                  OR h.billed_minor[m.ahead + 1 : m.ahead + cardinality(s.billed)] IS DISTINCT FROM s.billed
                  OR h.paid_minor[m.ahead + 1 : m.ahead + cardinality(s.paid)] IS DISTINCT FROM s.paid)) THEN 'updated'
            ELSE 'unchanged'
        END,
        a.status,
        CASE
            WHEN a.id IS NULL THEN 'open'
            WHEN a.status = 'open' AND z.change < 0 AND a.balance_minor + z.change = 0 THEN 'paid'
            WHEN a.status IN ('paid', 'settled') AND z.change > 0 AND a.balance_minor + z.change > 0 THEN 'open'
            ELSE a.status
        END,
        z.moved[1], z.moved[2], z.moved[3], z.moved[4]
    FROM import_stage s
    LEFT JOIN accounts_account a ON a.id = s.account_id AND s.account_known
    LEFT JOIN accounts_accounthistory h ON h.account_id = a.id
    CROSS JOIN LATERAL (SELECT
        s.principal + s.interest + s.fees + s.costs AS total,
        ARRAY[s.principal, s.interest, s.fees, s.costs] AS stated,
        ARRAY[a.principal_minor, a.interest_minor, a.fees_minor, a.costs_minor] AS kept,
        CASE WHEN cardinality(a.reported_minor) = 4 THEN a.reported_minor
             ELSE ARRAY[a.placed_minor, 0, 0, 0] END AS reported) x
    CROSS JOIN LATERAL (SELECT CASE
        WHEN a.id IS NULL THEN '{0,0,0,0}'::bigint[]
        WHEN x.stated = x.reported OR x.stated = x.kept THEN x.stated
        WHEN x.kept = x.reported OR %(included)s = 'yes' THEN x.kept
        WHEN %(included)s = 'no' THEN x.reported END AS base) y
    CROSS JOIN LATERAL (SELECT
        ARRAY[s.principal - y.base[1], s.interest - y.base[2], s.fees - y.base[3], s.costs - y.base[4]] AS moved,
        x.total - (y.base[1] + y.base[2] + y.base[3] + y.base[4]) AS change) z
    CROSS JOIN LATERAL (SELECT (
        (extract(year FROM h.newest_month) - extract(year FROM s.newest_month)) * 12
        + extract(month FROM h.newest_month) - extract(month FROM s.newest_month))::int AS ahead) m
"""
OUTCOMES = "SELECT outcome, count(*) FROM import_rows GROUP BY outcome"
REFUSED = """
    SELECT line, outcome FROM import_rows WHERE outcome NOT IN ('created', 'updated', 'unchanged') ORDER BY line
"""
FORGET_REFUSED = (
    "DELETE FROM import_contacts WHERE line = ANY(%(lines)s)",
    "DELETE FROM import_consents WHERE line = ANY(%(lines)s)",
)
EMPTY = ("import_stage", "import_rows", "import_contacts", "import_consents")
