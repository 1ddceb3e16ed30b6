"""An adapter without a wire: a test answers its questions one by one."""

import json

from common.http import HttpRequest, HttpResponse, Operation


def says(content: object, status: int = 200) -> HttpResponse:
    return HttpResponse(status=status, body=json.dumps(content).encode())


class Talk:
    """Drives operations; `asked` are their questions, but for those for an access token."""

    def __init__(self, token_purpose: str, token: HttpResponse) -> None:
        self._token_purpose, self._token = token_purpose, token
        self.asked: list[HttpRequest] = []

    def run(self, operation: Operation, *answers: HttpResponse) -> object:
        """The operation's result; it must use up the answers, and ask no more than that."""
        waiting = list(answers)
        try:
            step = next(operation)
            while True:
                step = operation.send(self._answer(step, waiting))
        except StopIteration as stop:
            assert waiting == []
            return stop.value

    def _answer(self, step: object, waiting: list[HttpResponse]) -> HttpResponse:
        assert isinstance(step, HttpRequest)
        if step.purpose == self._token_purpose:
            return self._token
        self.asked.append(step)
        return waiting.pop(0)

    @property
    def purposes(self) -> list[str]:
        """Without the name of the wallet before the dot."""
        return [request.purpose.partition(".")[2] for request in self.asked]
