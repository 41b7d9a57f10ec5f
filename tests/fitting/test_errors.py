from __future__ import annotations

import pytest

from warmfit_fitting import errors

STATUSES = {
    "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
}  # fmt: skip


def tree() -> list[type[errors.WarmfitError]]:
    return [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.WarmfitError)]


@pytest.mark.parametrize("cls", tree(), ids=lambda c: c.__name__)
def test_every_error_has_a_grpc_status_and_stands_in_the_drawing(cls: type[errors.WarmfitError]) -> None:
    assert cls.grpc_status in STATUSES
    assert any(cls.__name__ in line and cls.grpc_status in line for line in (errors.__doc__ or "").splitlines())


def test_an_error_says_which_field_it_is_about_from_the_outside_in() -> None:
    with pytest.raises(errors.UnsupportedType) as raised, errors.field("columns"):
        raise errors.UnsupportedType("text").at("[3]")
    assert raised.value.field == "columns[3]"
    assert errors.InvalidInput("of nothing in particular").field == ""
    with pytest.raises(errors.DatasetNotFound) as other, errors.field("name"):
        raise errors.DatasetNotFound("nothing of that name")
    assert other.value.field == ""


def test_builtin_handlers_catch_their_kin() -> None:
    assert issubclass(errors.InvalidInput, ValueError)
    assert issubclass(errors.UnsupportedType, TypeError)
    assert issubclass(errors.DeadlineExceeded, TimeoutError)
    assert issubclass(errors.ServiceUnavailable, ConnectionError)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    error = errors.UnknownDistribution.named("gama", ["gamma", "norm", "lognorm"])
    assert "did you mean gamma" in str(error)
