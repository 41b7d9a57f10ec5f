from __future__ import annotations

import grpc
import pytest

from warmfit_fitting.errors import InvalidInput, Overloaded, WarmfitError, field
from warmfit_proto.failures import BY_CODE, CLASSES, from_status, retry_delay, to_status


@pytest.mark.parametrize("cls", CLASSES.values(), ids=lambda c: c.__name__)
def test_every_error_keeps_its_class_and_message_over_the_wire(cls: type[WarmfitError]) -> None:
    trailer = to_status(cls("what went wrong")).SerializeToString()
    again = from_status(cls.grpc_status, "", trailer)
    assert type(again) is cls
    assert str(again) == "what went wrong"


def test_the_field_at_fault_travels_along() -> None:
    with pytest.raises(InvalidInput) as raised, field("tasks[0]"), field("spec"):
        raise InvalidInput("no such family").at("families")
    assert raised.value.field == "tasks[0].spec.families"
    trailer = to_status(raised.value).SerializeToString()
    assert from_status("INVALID_ARGUMENT", "", trailer).field == "tasks[0].spec.families"
    assert from_status("INVALID_ARGUMENT", "", to_status(InvalidInput("x")).SerializeToString()).field == ""


@pytest.mark.parametrize("code", [c for c in grpc.StatusCode if c is not grpc.StatusCode.OK], ids=lambda c: c.name)
def test_every_status_code_without_details_is_an_error_of_the_tree(code: grpc.StatusCode) -> None:
    assert code.name in BY_CODE
    error = from_status(code.name, "told by another server", None)
    assert isinstance(error, WarmfitError)
    assert "told by another server" in str(error)


def test_an_overloaded_service_says_when_to_come_back() -> None:
    assert retry_delay(to_status(Overloaded("full"), 1.5).SerializeToString()) == 1.5
    assert retry_delay(to_status(Overloaded("full")).SerializeToString()) is None
    assert retry_delay(b"\xff\xff") is None
