"""What is known of the call that a task serves, for its log lines and for the workers that do its work."""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from dataclasses import dataclass, field

MAX_ID = 64  # characters of a request id that a caller has made up
SHOWN = 3  # datasets of a call that its log line names


@dataclass
class CallContext:
    """One call. `trace`: the headers by which spans elsewhere become children of the call's."""

    request_id: str = ""
    trace: dict[str, str] = field(default_factory=dict)
    datasets: list[str] = field(default_factory=list)

    def saw(self, dataset: str) -> None:
        """Note a dataset that the call is about, by its name or the fingerprint of its content."""
        if len(self.datasets) <= SHOWN and dataset not in self.datasets:
            self.datasets.append(dataset)

    @property
    def dataset(self) -> str:
        """The datasets as a log line has them."""
        more = ["…"] if len(self.datasets) > SHOWN else []
        return ", ".join([*self.datasets[:SHOWN], *more])


_current: ContextVar[CallContext | None] = ContextVar("call", default=None)


def begin(given_id: str, trace: dict[str, str]) -> CallContext:
    """Note the call that the current task serves; one whose caller gave no request id gets one."""
    call = CallContext(_printable(given_id) or uuid.uuid4().hex, trace)
    _current.set(call)
    return call


def current() -> CallContext:
    """The call that the current task serves; an empty one outside a call."""
    return _current.get() or CallContext()


def _printable(given: str) -> str:
    if given.isprintable() and len(given) <= MAX_ID:
        return given
    return "".join(letter for letter in given[:MAX_ID] if letter.isprintable())
