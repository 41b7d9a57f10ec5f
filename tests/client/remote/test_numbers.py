"""What no field of a message can hold is refused by name before anything is sent."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from warmfit import Client, DistributionFitResult, InvalidInput, UnsupportedType

GAMMA = DistributionFitResult("gamma", [2.0, 0.0, 1.5])
HALF = "half\ud800"


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda c: list(c.sample(GAMMA, 2**64)), InvalidInput, "n=18446744073709551616"),
        (lambda c: list(c.sample(GAMMA, 3, seed=2**64)), InvalidInput, "seed=18446744073709551616"),
        (lambda c: list(c.sample(GAMMA, "3")), UnsupportedType, "n='3'"),
        (lambda c: list(c.sample(GAMMA, 3.0)), UnsupportedType, "n=3.0"),
        (lambda c: list(c.sample(GAMMA, 3, seed=None)), UnsupportedType, "seed=None"),
        (lambda c: c.evaluate(GAMMA, "pdf", "many"), UnsupportedType, "points"),
        (lambda c: c.evaluate(GAMMA, "pdf", [[1.0], [1.0, 2.0]]), UnsupportedType, "points"),
        (lambda c: c.evaluate(GAMMA, HALF, 1.0), InvalidInput, "surrogates"),
        (lambda c: c.get(HALF), InvalidInput, "surrogates"),
        (lambda c: c.delete(HALF), InvalidInput, "surrogates"),
        (lambda c: c.put([1.0, 2.0], name=HALF), InvalidInput, "surrogates"),
        (lambda c: c.append(HALF, [1.0]), InvalidInput, "surrogates"),
        (lambda c: c.put(pd.DataFrame({HALF: [1.0, 2.0]})), InvalidInput, "surrogates"),
        (lambda c: c.get(3), UnsupportedType, "name=3"),
        (lambda c: c.append(None, [1.0]), UnsupportedType, "name=None"),
    ],
)
def test_it_is_refused_by_name(call: Any, error: type[Exception], says: str) -> None:
    with Client("127.0.0.1:9", timeout=0.1) as client, pytest.raises(error, match=says):
        call(client)
