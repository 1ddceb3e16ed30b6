"""Outbound HTTP for clients without transport: operations yield requests, one driver runs them (waiting or asyncio)."""

from common.http.driver import arun, run
from common.http.errors import NotSent, OutcomeUnknown
from common.http.messages import Call, HttpRequest, HttpResponse, Operation, done

__all__ = ["Call", "HttpRequest", "HttpResponse", "NotSent", "Operation", "OutcomeUnknown", "arun", "done", "run"]
