"""Our merchant account at the simulated bank, and the record that says how this bank names things."""

import json
from pathlib import Path
from typing import Any

from wallets.sandbox.keys import ensure_rsa_pair, relative
from wallets.sandbox.merchant import Merchant

MERCHANT = "M10086"
RECORD: dict[str, Any] = {
    "name": "Digital yuan",
    "currency": "CNY",
    "amount_unit": "minor",
    "utc_offset_hours": 8,
    "paths": {
        "create": "/order/qr",
        "query": "/order/query",
        "close": "/order/close",
        "refund": "/refund",
        "refund_query": "/refund/query",
        "statement": "/statement",
    },
    "fields": {"merchant": "mchntCd", "reference": "ordNo", "amount": "txnAmt", "code": "rspCd", "message": "rspMsg"},
    "codes": {
        "ok": "0000",
        "missing": ["2001"],
        "used": ["2002"],
        "slow_down": ["9429"],
        "declines": {
            "unknown_outcome/no_response": ["2001"],
            "unknown_outcome/duplicate": ["2002"],
            "unknown_outcome/provider_down": ["9999"],
            "retry_later/insufficient_funds": ["3001"],
            "retry_later/limit_reached": ["3002"],
            "never_retry/account_closed": ["3003"],
            "operator/invalid_request": ["1001", "4001", "4002"],
            "operator/credentials": ["1002"],
        },
    },
    "states": {"WAIT": "requires_action", "PAID": "succeeded", "CLOSED": "closed", "FAILED": "failed"},
    "refund_states": {"DONE": "succeeded", "RUNNING": "pending", "FAILED": "failed"},
    "limits": {"smallest": 1, "largest": 5_000_000},
}


def merchants(base_url: str, secrets_dir: Path) -> dict[str, Merchant]:
    own, _own_public = ensure_rsa_pair(secrets_dir, "bank", "merchant")
    _bank, bank_public = ensure_rsa_pair(secrets_dir, "bank", "bank")
    options = {"base_url": f"{base_url}/bank/api", "merchant_id": MERCHANT, "record": json.dumps(RECORD)}
    secrets = {"private_key": relative(secrets_dir, own), "bank_public_key": relative(secrets_dir, bank_public)}
    return {
        "bank_gateway": Merchant(
            name="Digital yuan", regions=("CN",), currencies=frozenset({"CNY"}), options=options, secrets=secrets
        )
    }
