"""The bodies of Stripe's objects: every field that is always there, empty where we have nothing to say."""

from typing import Any

Body = dict[str, Any]

_NULLS = {
    "payment_intent": """application application_fee_amount canceled_at cancellation_reason customer description
        last_payment_error latest_charge next_action on_behalf_of payment_method payment_method_configuration_details
        processing receipt_email review setup_future_usage shipping source statement_descriptor
        statement_descriptor_suffix transfer_data transfer_group automatic_payment_methods customer_account
        excluded_payment_method_types managed_payments""",
    "setup_intent": """application automatic_payment_methods cancellation_reason customer description flow_directions
        last_setup_error latest_attempt mandate next_action on_behalf_of payment_method
        payment_method_configuration_details single_use_mandate excluded_payment_method_types""",
    "charge": """application application_fee application_fee_amount balance_transaction calculated_statement_descriptor
        customer description failure_balance_transaction failure_code failure_message on_behalf_of payment_intent
        receipt_email receipt_number receipt_url review shipping source source_transfer statement_descriptor
        statement_descriptor_suffix transfer_data transfer_group""",
    "refund": """balance_transaction reason receipt_number source_transfer_reversal transfer_reversal customer
        customer_account payment_method""",
    "payment_method": "customer customer_account",
    "customer": """address currency default_source description discount email name phone shipping test_clock""",
    "mandate": "",
    "checkout.session": """after_expiration allow_promotion_codes billing_address_collection cancel_url client_secret
        consent consent_collection currency_conversion customer customer_account customer_creation customer_details
        customer_email discounts invoice invoice_creation locale payment_intent payment_link
        payment_method_collection payment_method_configuration_details recovered_from saved_payment_method_options
        setup_intent shipping_address_collection shipping_cost submit_type subscription collected_information
        permissions origin_context integration_identifier amount_subtotal amount_total currency total_details
        managed_payments""",
    "balance_transaction": "description exchange_rate",
    "dispute": "payment_intent",
    "event": "",
}
_OPEN: dict[str, Body] = {
    "payment_intent": {
        "amount_capturable": 0,
        "amount_received": 0,
        "amount_details": {"tip": {}},
        "capture_method": "automatic",
        "confirmation_method": "automatic",
        "payment_method_options": {},
    },
    "setup_intent": {"payment_method_options": {}, "usage": "off_session"},
    "charge": {
        "amount_captured": 0,
        "amount_refunded": 0,
        "captured": False,
        "disputed": False,
        "fraud_details": {},
        "paid": False,
        "refunded": False,
    },
    "refund": {},
    "payment_method": {"allow_redisplay": "limited"},
    "customer": {
        "balance": 0,
        "delinquent": False,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    },
    "mandate": {"multi_use": {}, "type": "multi_use"},
    "checkout.session": {
        "automatic_tax": {"enabled": False, "liability": None, "status": None, "provider": None},
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "payment_method_options": {},
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "ui_mode": "hosted",
        "wallet_options": None,
        "adaptive_pricing": None,
    },
    "balance_transaction": {"fee_details": [], "status": "pending", "balance_type": "payments"},
    "dispute": {"balance_transactions": [], "evidence": {}, "is_charge_refundable": False},
    "event": {},
}
DEVICE_LAST4 = "0092"
# These three say nothing about the mode they live in.
_MODELESS = frozenset({"refund", "balance_transaction"})
_UNMARKED = frozenset({"balance_transaction", "mandate", "event"})


def body(kind: str, **fields: Any) -> Body:
    """A whole object; `fields` fill in what it is about."""
    empty = dict.fromkeys(_NULLS[kind].split())
    mode: Body = {} if kind in _MODELESS else {"livemode": False}
    marks: Body = {} if kind in _UNMARKED else {"metadata": {}}
    return {**empty, **_OPEN[kind], **mode, **marks, "object": kind, **fields}


def card(brand: str, last4: str, *, year: int, month: int, wallet: str | None) -> Body:
    return {
        "brand": brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": brand,
        "exp_month": month,
        "exp_year": year,
        "fingerprint": f"sandbox{last4}",
        "funding": "credit",
        "generated_from": None,
        "last4": last4,
        "networks": {"available": [brand], "preferred": None},
        "three_d_secure_usage": {"supported": True},
        # A phone shows the shop a number of its own; the card's own is what its owner knows.
        "wallet": {wallet: {}, "dynamic_last4": DEVICE_LAST4, "type": wallet} if wallet else None,
        "regulated_status": None,
    }


def billing() -> Body:
    address = dict.fromkeys(["city", "country", "line1", "line2", "postal_code", "state"])
    return {"address": address, "email": None, "name": None, "phone": None, "tax_id": None}


def outcome(error: Body | None) -> Body:
    approved = {"network_status": "approved_by_network", "type": "authorized", "reason": None, "advice_code": None}
    declined = {
        "network_status": "declined_by_network",
        "type": "issuer_declined",
        "reason": (error or {}).get("decline_code"),
        "advice_code": (error or {}).get("advice_code"),
    }
    common = {"network_advice_code": None, "network_decline_code": None, "seller_message": None}
    return {**common, **(declined if error else approved)}
