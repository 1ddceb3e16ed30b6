"""Questions to TronGrid, its answers read strictly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from common.http import HttpRequest, HttpResponse, Operation, OutcomeUnknown
from wallets.providers.errors import RateLimited

OK = 200
TOO_MANY = 429
PAGE = 200
MOST_PAGES = 50


@dataclass(frozen=True, kw_only=True)
class Grid:
    url: str = field(repr=False)
    key: str = field(default="", repr=False)

    def newest_solid_block(self) -> Operation[dict[str, Any]]:
        return (yield from self._post("/walletsolidity/getnowblock", {}))

    def transaction(self, identifier: str) -> Operation[dict[str, Any]]:
        """What the solid part of the chain holds of it; empty when it holds nothing."""
        return (yield from self._post("/walletsolidity/gettransactioninfobyid", {"value": identifier}))

    def account(self, address: str) -> Operation[dict[str, Any]]:
        """What the solid part of the chain knows of an address; empty when it never held anything."""
        return (yield from self._post("/walletsolidity/getaccount", {"address": address, "visible": True}))

    def transfers(self, address: str, since: int) -> Operation[list[dict[str, Any]]]:
        """Every confirmed token transfer to the address from `since` (milliseconds), oldest first, page by page."""
        query = {
            "only_confirmed": "true",
            "only_to": "true",
            "limit": str(PAGE),
            "min_timestamp": str(since),
            "order_by": "block_timestamp,asc",
        }
        rows: list[dict[str, Any]] = []
        fingerprint = ""
        for _page in range(MOST_PAGES):
            more = {"fingerprint": fingerprint} if fingerprint else {}
            answer = yield from self._get(f"/v1/accounts/{address}/transactions/trc20", {**query, **more})
            rows += _rows(answer)
            fingerprint = _fingerprint(answer)
            if not fingerprint:
                return rows
        raise OutcomeUnknown("TronGrid lists more transfers than can be read. Look at this address by hand.")

    def _get(self, path: str, query: Mapping[str, str]) -> Operation[dict[str, Any]]:
        url = f"{self.url}{path}?{urlencode(query)}"
        response = yield HttpRequest(method="GET", url=url, purpose="tron.transfers", headers=self._headers())
        return _read(response)

    def _post(self, path: str, content: Mapping[str, Any]) -> Operation[dict[str, Any]]:
        response = yield HttpRequest(
            method="POST",
            url=f"{self.url}{path}",
            purpose=f"tron.{path.rpartition('/')[2]}",
            headers={"content-type": "application/json", **self._headers()},
            body=json.dumps(content).encode(),
        )
        return _read(response)

    def _headers(self) -> dict[str, str]:
        return {"tron-pro-api-key": self.key} if self.key else {}


def _read(response: HttpResponse) -> dict[str, Any]:
    if response.status == TOO_MANY:
        after = response.headers.get("retry-after", "")
        seconds = int(after) if after.isascii() and after.isdigit() else 60
        raise RateLimited("TronGrid asked us to slow down.", retry_after=seconds)
    if response.status != OK:
        raise OutcomeUnknown("TronGrid answered with an error page.", status=response.status)
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise OutcomeUnknown("TronGrid's answer could not be read.") from error
    if not isinstance(answer, dict) or "Error" in answer:
        raise OutcomeUnknown("TronGrid's answer could not be read.")
    return answer


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    rows = answer.get("data")
    if answer.get("success") is not True or not isinstance(rows, list):
        raise OutcomeUnknown("TronGrid's list of transfers could not be read.")
    return rows


def _fingerprint(answer: dict[str, Any]) -> str:
    meta = answer.get("meta")
    return str(meta.get("fingerprint") or "") if isinstance(meta, dict) else ""
