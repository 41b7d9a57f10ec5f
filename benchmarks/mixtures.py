"""Mixtures against scikit-learn's: log-likelihoods and times with the same number of starts; writes docs/performance.md.

Scikit-learn runs in an environment of its own, on the same rows, in the same run; both sides on one thread, by CPU time.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402

from environments import interpreter  # noqa: E402
from ledger import put, section, table  # noqa: E402
from warmfit import GaussianMixtureFitter, summarize  # noqa: E402

DATA = Path(__file__).parents[1] / "tests" / "data"
PEER = Path(__file__).with_name("mixture_peer.py")
SKLEARN = "scikit-learn==1.7.2"
SEEDS = 3
STARTS = (1, 5)
LEAST_LOSS = 1e-3  # nats, below which log-likelihoods are taken for equal


@dataclass(frozen=True)
class Case:
    """A data set and the number of components that is asked of it."""

    name: str
    rows: np.ndarray
    k: int
    real: bool


def column(name: str) -> np.ndarray:
    with open(DATA / f"{name}.csv", newline="") as file:
        return np.array([[float(row["value"])] for row in csv.DictReader(file)])


def simulated(n: int, d: int, k: int, apart: float, seed: int) -> np.ndarray:
    """Rows of a mixture whose means are `apart` and whose covariances differ."""
    generator = np.random.default_rng(seed)
    weights, means = generator.dirichlet(np.full(k, 5.0)), generator.normal(0, apart, (k, d))
    factors = generator.normal(0, 0.5, (k, d, d)) + np.eye(d)
    group = generator.choice(k, n, p=weights)
    return np.einsum("nij,nj->ni", factors[group], generator.normal(size=(n, d))) + means[group]


def cases(tables: dict[str, np.ndarray]) -> Iterator[Case]:
    yield Case("galaxies, 82 x 1", column("galaxies"), 3, True)
    yield Case("faithful, 272 x 1", column("faithful"), 2, True)
    yield Case("quakes_depth, 1 000 x 1", column("quakes_depth"), 2, True)
    yield Case("diamond_price_all, log, 53 940 x 1", np.log(column("diamond_price_all")), 3, True)
    yield Case("iris, 150 x 4", tables["iris"], 3, True)
    yield Case("wine, first 5 columns, 178 x 5", tables["wine"][:, :5], 3, True)
    yield Case("breast_cancer, first 4 columns, 569 x 4", tables["breast_cancer"][:, :4], 2, True)
    yield Case("3 far apart, 5 000 x 2", simulated(5_000, 2, 3, 3.0, 1), 3, False)
    yield Case("3 that overlap, 20 000 x 3", simulated(20_000, 3, 3, 0.7, 2), 3, False)
    yield Case("4, 200 000 x 5", simulated(200_000, 5, 4, 1.5, 3), 4, False)
    yield Case("6, 10 000 x 10", simulated(10_000, 10, 6, 1.5, 4), 6, False)
    yield Case("6, 20 000 x 10", simulated(20_000, 10, 6, 1.5, 4), 6, False)
    yield Case("3, 1 000 000 x 1", simulated(1_000_000, 1, 3, 3.0, 5), 3, False)


def timed(rows: np.ndarray, k: int, n_init: int, seed: int) -> tuple[float, float]:
    """The log-likelihood and the seconds of one fit of ours."""
    started = time.process_time()
    result = GaussianMixtureFitter(k, n_init=n_init, random_state=seed).fit(rows)
    return result.log_likelihood_, time.process_time() - started


def peers(python: Path, every: list[Case], folder: Path) -> Iterator[tuple[float, float]]:
    """The same of scikit-learn's, in the order of `questions`, each fitted when it is asked for: the two take turns."""
    path = folder / "questions.npz"
    asked = [
        {"name": case.name, "k": case.k, "n_init": n_init, "seed": seed, "tol": 1e-3}
        for case in every
        for n_init in STARTS
        for seed in range(SEEDS)
    ]
    np.savez(path, questions=json.dumps(asked), **{case.name: case.rows for case in every})
    with subprocess.Popen(
        [python, PEER, "fit", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as peer:
        assert peer.stdin is not None
        assert peer.stdout is not None
        for _ in asked:
            print(file=peer.stdin, flush=True)
            answer = json.loads(peer.stdout.readline())
            yield answer["loglik"], answer["seconds"]
    if peer.returncode:
        raise SystemExit("scikit-learn's side failed")


def tables_of(python: Path, folder: Path) -> dict[str, np.ndarray]:
    path = folder / "tables.npz"
    subprocess.run([python, PEER, "export", path], check=True)
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def main() -> None:
    python = interpreter("sklearn", SKLEARN)
    rows, lost, slower, total = [], 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        every = list(cases(tables_of(python, Path(folder))))
        answers = peers(python, every, Path(folder))
        for case in every:
            GaussianMixtureFitter(case.k).fit(case.rows[:50])  # imports
            for n_init in STARTS:
                theirs, ours = [], []
                for seed in range(SEEDS):
                    theirs.append(next(answers))
                    ours.append(timed(case.rows, case.k, n_init, seed))
                gaps = [a[0] - b[0] for a, b in zip(ours, theirs, strict=True)]
                ratio = statistics.median(a[1] for a in ours) / statistics.median(b[1] for b in theirs)
                lost += sum(gap < -LEAST_LOSS for gap in gaps)
                slower += ratio > 1
                total += SEEDS
                rows.append(
                    (case.name, case.k, n_init, f"{min(gaps):+.3f}", f"{statistics.median(gaps):+.3f}", f"{max(gaps):+.3f}",
                     f"{ratio:.2f}")
                )  # fmt: skip
                print(*rows[-1], sep="  ", file=sys.stderr, flush=True)
        answers.close()
    last = every[-1]
    summary = summarize(last.rows[:, 0], "x")["x"]
    started = time.process_time()
    GaussianMixtureFitter(last.k).fit(summary)
    from_summary = time.process_time() - started
    verdict = (
        f"At or above scikit-learn's log-likelihood in {total - lost} of {total} fits, and slower in {slower} of "
        f"{len(rows)} rows of the table."
    )
    put(
        "performance.md",
        "mixtures",
        section(
            "Gaussian mixtures",
            f"Against {SKLEARN} (`tol=1e-3`, its default; `max_iter=100`), full covariances, {SEEDS} seeds a row: the "
            "log-likelihood over all rows, in nats, less scikit-learn's of the same seed and number of starts, and our CPU "
            "time over its, both on one thread (medians); the two take turns.",
            table(("data", "K", "starts", "least gain", "median gain", "greatest gain", "time ratio"), rows),
            f"From its summary, the last column takes {from_summary * 1e3:.0f} ms.",
            verdict,
        ),
    )
    print(verdict)


if __name__ == "__main__":
    main()
