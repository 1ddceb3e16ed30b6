"""The blocking driver, with something happening in the world just before a chosen request leaves."""

from collections.abc import Callable

from common.errors import PlatformError
from common.http import HttpRequest, Operation, transport
from common.http.messages import Step


class Meddling:
    """`before` says by a request's purpose what happens once, just before it is sent; `asked` are the purposes."""

    def __init__(self, **before: Callable[[], object]) -> None:
        self._before = {name.replace("_", "."): act for name, act in before.items()}
        self.asked: list[str] = []

    def run(self, operation: Operation) -> object:
        try:
            step = next(operation)
            while True:
                step = self._answered(operation, step)
        except StopIteration as stop:
            return stop.value

    def _answered(self, operation: Operation, step: Step) -> Step:
        assert isinstance(step, HttpRequest), "a vendor's SDK sends its own requests"
        self.asked.append(step.purpose)
        self._before.pop(step.purpose, lambda: None)()
        try:
            answer = transport.send(step)
        except PlatformError as error:
            return operation.throw(error)
        return operation.send(answer)
