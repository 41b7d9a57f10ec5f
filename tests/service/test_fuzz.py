"""The real service, sent what no client of ours sends: it answers, every process of it lives on, and its log is calm."""

from __future__ import annotations

import pytest
from tests.server.answering import over
from tests.service.conftest import Running

from warmfit import Client

pytestmark = pytest.mark.ray

MESSAGES = 500


def processes(service: Running) -> set[int]:
    return {process.pid for kind in ("FitGateway", "FitWorker") for process in service.replicas(kind)}


def test_no_process_dies_of_a_message_and_none_is_answered_with_internal(service: Running) -> None:
    with Client(service.address) as client:
        before, alive = {ref.name for ref in client.list()}, processes(service)
        answers = over(service.address, MESSAGES, seed=11)
        assert not answers.wrong, "\n".join(answers.wrong[:10])
        assert processes(service) == alive
        for name in {ref.name for ref in client.list()} - before:
            client.delete(str(name))
    assert answers.codes["OK"] > MESSAGES / 20, answers.codes
    assert "a call failed" not in service.log_file.read_text()
