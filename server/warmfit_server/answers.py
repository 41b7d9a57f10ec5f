"""Encoded answers by encoded question: what makes a repeated fit cost a look-up.

Only answers that will stay true are kept: questions about named datasets are not, for a name may mean other rows
tomorrow, nor answers with rows that were cut short.
"""

from __future__ import annotations

from warmfit_fitting.row import CUT_SHORT
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.cache import ByteCache


class Answers:
    """The answers of `Fit`, up to `budget` bytes of questions and answers; each namespace has its own.

    One that nobody asked for during `ttl` seconds is let go of.
    """

    def __init__(self, budget: int, ttl: float) -> None:
        self.held = ByteCache[tuple[str, bytes], bytes](budget, ttl)

    def get(self, namespace: str, question: bytes) -> bytes | None:
        """The answer to a question asked before in that namespace, or None."""
        return self.held.get((namespace, question))

    def keep(self, namespace: str, question: bytes, request: pb.FitRequest, response: pb.FitResponse) -> bytes:
        """The encoded answer, kept if it will stay true."""
        answer = response.SerializeToString()
        named = any(task.HasField("named") for task in request.tasks)
        if not named and all(map(_is_final, response.tables)):
            self.held.put((namespace, question), answer, len(question) + len(answer))
        return answer


def _is_final(table: pb.FitTable) -> bool:
    """Whether more time would not change a row."""
    return pb.STATUS_TIMED_OUT not in table.status and not any(r.endswith(CUT_SHORT) for r in table.reason)
