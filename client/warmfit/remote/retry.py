"""When a failed RPC is made again: gRPC's own retries are off, these are the only ones.

Every RPC of the service may be repeated. Fits, draws and look-ups compute or read; registering the same content
again, under the same name or none, changes nothing; an append carries an id with which it counts once; a repeated
deletion that finds nothing has been done already (`datasets.delete` sees to that). Repeated are UNAVAILABLE, and
RESOURCE_EXHAUSTED where the service says when to come back.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from warmfit.remote.commands import Attempt, Failure, Flow, Method, Open, Receive, Wait
from warmfit.remote.faults import error_of, is_away, pause_asked
from warmfit.remote.memory import ANSWERED
from warmfit_fitting.errors import WarmfitError

Encode = Callable[[float], bytes]
"""A request's bytes, given the seconds that are left."""


def always(request: bytes) -> Encode:
    """The same request, however much time is left."""
    return lambda _left: request


@dataclass(frozen=True)
class Policy:
    """How attempts are spaced: full jitter below an exponentially growing bound (Brooker, AWS, 2015). Seconds.

    `patience`: how long a service that does not answer is waited for, so that one that still starts is reached;
    `patience_with_known`: the same of one that has answered this process before, and is likely to come back.
    """

    first: float = 0.05
    longest: float = 1.0
    patience: float = 10.0
    patience_with_known: float = 45.0
    jitter: Callable[[], float] = random.random


POLICY = Policy()


@dataclass(frozen=True)
class Deadline:
    """The end of the time that a call may take."""

    end: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds to go, at least 0."""
        return max(0.0, self.end - time.monotonic())


class Retry:
    """The attempts of one call."""

    def __init__(self, address: str, policy: Policy, deadline: Deadline) -> None:
        self.deadline = deadline
        self.request_id = str(uuid.uuid4())
        self.failures = 0
        self._address = address
        self._policy = policy
        self._row = 0  # failures since the last sign of life
        self._unreachable: tuple[float, WarmfitError] | None = None  # since when, and how the caller is told

    def pause(self, failure: Failure) -> float:
        """The seconds to wait before the next attempt; raises the call's error where there is to be none."""
        error, now = error_of(failure, self._address), time.monotonic()
        if failure.code == "DEADLINE_EXCEEDED" and self._unreachable is not None:
            raise self._unreachable[1] from None
        asked = pause_asked(failure)
        if asked is None:
            raise error from None
        bound = min(self._policy.longest, self._policy.first * 2.0**self._row)
        delay = asked + bound * self._policy.jitter()
        self.failures, self._row = self.failures + 1, min(self._row + 1, 30)
        if is_away(failure):
            since = now if self._unreachable is None else self._unreachable[0]
            self._unreachable = since, error
            if now + delay - since > self._patience:
                raise error from None
        if delay >= self.deadline.left:
            raise error from None
        return delay

    @property
    def _patience(self) -> float:
        known = ANSWERED.get(self._address) is not None
        return max(self._policy.patience, self._policy.patience_with_known) if known else self._policy.patience

    def succeeded(self) -> None:
        """The service is there: the next failure is a first one."""
        self._row, self._unreachable = 0, None
        ANSWERED.put(self._address, True)


@dataclass(frozen=True)
class Caller:
    """What the flows of one service have in common: its address, for errors, and the policy."""

    address: str
    policy: Policy = field(default_factory=lambda: POLICY)

    def retry(self, deadline: Deadline) -> Retry:
        """The attempts of a new call."""
        return Retry(self.address, self.policy, deadline)

    def call(self, method: Method, encode: Encode, retry: Retry) -> Flow[Any]:
        """The response of a unary call, repeated as the policy says; raises the error it ends with."""
        while True:
            try:
                left = retry.deadline.left
                response = yield Attempt(method, encode(left), left, retry.request_id)
            except Failure as failure:
                delay = retry.pause(failure)
            else:
                retry.succeeded()
                return response
            yield Wait(delay)


class Stream:
    """A server's stream that is begun anew where it breaks; `encode` then asks for what is still missing."""

    def __init__(self, method: Method, encode: Encode, retry: Retry) -> None:
        self._method = method
        self._encode = encode
        self._retry = retry
        self._is_open = False

    def receive(self) -> Flow[Any]:
        """The next message, None after the last; raises the error with which the stream ends for good."""
        while True:
            try:
                if not self._is_open:
                    left = self._retry.deadline.left
                    yield Open(self._method, self._encode(left), left, self._retry.request_id)
                    self._is_open = True
                message = yield Receive()
            except Failure as failure:
                yield from self.broke(failure)
            else:
                self._retry.succeeded()
                return message

    def finish(self) -> Flow[None]:
        """Hear a stream out of which nothing more is needed, so that the service is not cut short in its last steps."""
        try:
            while self._is_open and (yield Receive()) is not None:
                pass
        except Failure:
            pass  # all that was needed is there

    def broke(self, failure: Failure) -> Flow[None]:
        """Have the next message come from a new stream, after a pause; raises where there is to be none."""
        self._is_open = False
        yield Wait(self._retry.pause(failure))
