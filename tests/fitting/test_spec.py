from __future__ import annotations

import pytest

from warmfit_fitting.errors import InvalidInput
from warmfit_fitting.spec import FitSpec


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"families": ()}, "no distribution"),
        ({"families": ("norm", "norm")}, "more than once: norm"),
        ({"method": "magic"}, "unknown estimation method 'magic'; expected one of mle, mse, mme, auto"),
        ({"bins": 0}, "bins=0"),
        ({"bins": 2**31}, "expected 1 to 100000"),
        ({"lower_bound": 2.0, "upper_bound": 1.0}, "not below"),
        ({"lower_bound": float("nan")}, "not below"),
        ({"fixed": (("loc", float("inf")),)}, "finite"),
        ({"evaluations": 0}, "evaluations=0"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        FitSpec(**{"families": ("norm",), **given})  # type: ignore[arg-type]
