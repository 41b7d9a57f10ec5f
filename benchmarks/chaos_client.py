"""One client of the load of `chaos.py`: calls of every kind through the SDK, one after the other, until it is told to end.

python chaos_client.py ADDRESS NUMBER

A line of JSON for each call: what, when it began and how long it took (seconds of the monotonic clock, which all
processes share), the digest of its answer under a key that says the question, and the error where it failed. A line on
stdin ends it.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from warmfit import Client, DistributionFitResult, DistributionFitter, FitterConfig

FAMILIES = ("norm", "expon", "gumbel_r")
CONFIG = FitterConfig(included_distributions=FAMILIES)
STREAMED = FitterConfig(
    included_distributions=FAMILIES, progress_callback=lambda *_: None
)  # who watches is told of each row
GAMMA = DistributionFitResult("gamma", [2.0, 0.0, 3.0])
DRAWS = 50_000
THINK = 0.6  # seconds at most between calls
SEEDS = 5  # of samples, each asked for again and again
SHARED = "shared"  # the dataset that all clients append to
Call = Callable[[], tuple[str, str]]
"""Makes a call; the question and the digest of its answer."""


def column(number: int) -> np.ndarray:
    """The column of one client (4000,)."""
    return np.random.default_rng(number).gamma(2.0, 3.0, 4000)


def own(number: int) -> str:
    """The dataset that one client alone appends to."""
    return f"own-{number}"


class Load:
    """The calls of one client."""

    def __init__(self, address: str, number: int) -> None:
        self._address = address
        self._number = number
        self._client = Client(address)
        self._ref = self._client.put(column(number), name=f"column-{number}")
        self._inline = self._client.put(column(number)[:3000])  # by content alone: a gateway that is new lacks it
        self._appended = 0
        self._turn = 0

    def calls(self) -> dict[str, Call]:
        """The calls of a turn, by what they are."""
        self._turn += 1
        return {
            "cached fit": partial(self._fit, self._ref, "named"),
            "cached fit by content": partial(self._fit, self._inline, "content"),
            "new fit": partial(self._new_fit, CONFIG, 1000 + self._turn),
            "stream of rows": partial(self._new_fit, STREAMED, 1_000_000 + self._turn),
            "sample": self._sample,
            "append": partial(self._append, own(self._number)),
            "append with others": partial(self._append, SHARED),
        }

    def _fit(self, ref: Any, key: str) -> tuple[str, str]:
        return f"fit {key} {self._number}", rows_digest(self._client.fit(ref, CONFIG))

    def _new_fit(self, config: FitterConfig, seed: int) -> tuple[str, str]:
        """A question that was not asked before, whose answer is known: the seed draws nothing here."""
        fitter = DistributionFitter(self._address, random_seed=seed)
        return f"fit named {self._number}", rows_digest(fitter.fit(self._ref, config=config))

    def _sample(self) -> tuple[str, str]:
        seed = self._turn % SEEDS
        digest = hashlib.blake2b(digest_size=16)
        for values in self._client.sample(GAMMA, DRAWS, seed=seed):
            digest.update(values.tobytes())
        return f"sample {seed}", digest.hexdigest()

    def _append(self, name: str) -> tuple[str, str]:
        self._appended += 1
        value = float(self._number * 1_000_000 + self._appended)
        self._client.append(name, [value])
        return f"append {name} {value:.0f}", ""


def rows_digest(results: Any) -> str:
    """A digest of every bit of rows, but for how long they took."""
    rows = sorted(repr([(k, v) for k, v in row.to_dict().items() if k != "elapsed"]) for row in results)
    return hashlib.blake2b("\n".join(rows).encode(), digest_size=16).hexdigest()


def record(what: str, call: Call) -> dict[str, Any]:
    """What became of one call."""
    began = time.monotonic()
    try:
        key, digest = call()
        told = {"key": key, "digest": digest}
    except Exception as error:
        told = {"error": f"{type(error).__name__}: {error}"}
    return {"what": what, "began": began, "seconds": time.monotonic() - began, **told}


def main() -> None:
    address, number = sys.argv[1], int(sys.argv[2])
    load, ended = Load(address, number), threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
    rng = np.random.default_rng(number)
    print(json.dumps({"ready": number}), flush=True)
    while not ended.is_set():
        calls = list(load.calls().items())
        for at in rng.permutation(len(calls)):
            print(json.dumps(record(*calls[at])), flush=True)
            if ended.wait(THINK * rng.random()):
                break


if __name__ == "__main__":
    main()
