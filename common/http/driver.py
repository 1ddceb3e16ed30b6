"""Runs an operation step by step: blocking for a page, on asyncio for hundreds at a time."""

from typing import Any, TypeVar

from common.errors import PlatformError
from common.http import transport
from common.http.messages import Call, Operation, Step

T = TypeVar("T")


def run(operation: Operation[T]) -> T:
    """Run to the end and return its result. Raises what the operation raises, `NotSent` or `OutcomeUnknown`."""
    try:
        step = next(operation)
        while True:
            try:
                answer = _perform(step)
            except PlatformError as error:
                step = operation.throw(error)
            else:
                step = operation.send(answer)
    except StopIteration as stop:
        return stop.value


async def arun(operation: Operation[T]) -> T:
    """As `run`, without blocking the loop. Cancelling it mid-request leaves the outcome unknown."""
    try:
        step = next(operation)
        while True:
            try:
                answer = await _aperform(step)
            except PlatformError as error:
                step = operation.throw(error)
            else:
                step = operation.send(answer)
    except StopIteration as stop:
        return stop.value


def _perform(step: Step) -> Any:
    return step.blocking() if isinstance(step, Call) else transport.send(step)


async def _aperform(step: Step) -> Any:
    return await step.awaitable() if isinstance(step, Call) else await transport.asend(step)
