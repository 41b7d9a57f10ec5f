"""Fits the mixtures of a file with scikit-learn, and prints log-likelihoods and times; run by `mixtures.py`, elsewhere.

`mixture_peer.py export FILE` writes the real tables that scikit-learn carries; `mixture_peer.py fit FILE` fits
one after the other, each after a line on stdin.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.mixture import GaussianMixture

TABLES = {"iris": load_iris, "wine": load_wine, "diabetes": load_diabetes, "breast_cancer": load_breast_cancer}


def export(path: str) -> None:
    np.savez(path, **{name: load().data for name, load in TABLES.items()})


def fit(path: str) -> None:
    warnings.simplefilter("ignore")
    with np.load(path) as file:
        questions = json.loads(str(file["questions"]))
        for question in questions:
            sys.stdin.readline()
            rows = file[question["name"]]
            started = time.process_time()
            model = GaussianMixture(
                question["k"],
                n_init=question["n_init"],
                random_state=question["seed"],
                max_iter=100,
                tol=question["tol"],
            ).fit(rows)
            spent = time.process_time() - started
            loglik = float(model.score(rows) * len(rows))
            print(json.dumps({"loglik": loglik, "seconds": spent, "converged": bool(model.converged_)}), flush=True)


if __name__ == "__main__":
    {"export": export, "fit": fit}[sys.argv[1]](sys.argv[2])
