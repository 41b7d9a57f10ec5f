from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from tests.fitting.mixture.examples import loglik, simulated

from warmfit import (
    FitFailed,
    GaussianMixtureFitter,
    GaussianMixtureResult,
    InvalidInput,
    LocalBackend,
    SerializationError,
    UnsupportedType,
    summarize,
)

ROWS = simulated(400, 2, 2)
FRAME = pd.DataFrame(ROWS, columns=["a", "b"])


@pytest.fixture(scope="module")
def fitted() -> GaussianMixtureResult:
    return GaussianMixtureFitter(2).fit(FRAME)


@pytest.mark.parametrize("frame", [ROWS, ROWS.tolist(), pl.DataFrame(FRAME), FRAME.assign(c="text")], ids=type)
def test_every_kind_of_frame_gives_the_same_fit(fitted: GaussianMixtureResult, frame: object) -> None:
    columns = ["a", "b"] if isinstance(frame, pd.DataFrame) else None
    data = np.array(frame) if isinstance(frame, list) else frame
    result = GaussianMixtureFitter(2).fit(data, columns)
    np.testing.assert_array_equal(result.means_, fitted.means_)
    assert result.column_names == (("0", "1") if isinstance(data, np.ndarray) else ("a", "b"))


def test_a_result_has_what_scikit_learn_calls_by_these_names(fitted: GaussianMixtureResult) -> None:
    assert fitted.weights_.shape == (2,)
    assert fitted.means_.shape == (2, 2)
    assert fitted.covariances_.shape == (2, 2, 2)
    assert (fitted.n_components, fitted.n_features, fitted.n_samples_) == (2, 2, 400)
    assert fitted.converged_
    assert fitted.log_likelihood_ == pytest.approx(loglik(fitted.mixture, ROWS))
    k = 1 + 4 + 6
    assert fitted.aic == pytest.approx(2 * k - 2 * fitted.log_likelihood_)
    assert fitted.bic == pytest.approx(k * np.log(400) - 2 * fitted.log_likelihood_)
    np.testing.assert_array_equal(fitted.responsibilities_, fitted.predict_proba(ROWS))
    np.testing.assert_array_equal(fitted.predict(ROWS), fitted.responsibilities_.argmax(axis=1))
    assert fitted.pdf(ROWS) == pytest.approx(np.exp(fitted.logpdf(ROWS)))


def test_a_sample_begins_with_a_shorter_one_and_is_the_same_by_partitions(fitted: GaussianMixtureResult) -> None:
    whole = fitted.sample(50, random_state=3)
    np.testing.assert_array_equal(whole[:20], fitted.sample(20, random_state=3))
    frame = fitted.sample_distributed(50, LocalBackend(2), num_partitions=7, random_seed=3)
    assert list(frame.columns) == ["a", "b"]
    np.testing.assert_array_equal(frame.to_numpy(), whole)
    assert not np.array_equal(fitted.sample(5), fitted.sample(5))


def test_a_column_its_summary_and_its_list_have_one_mixture() -> None:
    values = simulated(500, 1, 2)[:, 0]
    whole = GaussianMixtureFitter(2).fit(values)
    for data in (values.tolist(), summarize(values, "v")["v"], values[:, None]):
        again = GaussianMixtureFitter(2).fit(data)
        assert again.means_ == pytest.approx(whole.means_, rel=1e-9)
        assert again.log_likelihood_ == pytest.approx(whole.log_likelihood_, abs=1e-6)


def test_weights_may_be_an_array_or_a_column() -> None:
    weights = np.random.default_rng(1).integers(1, 4, 400)
    by_array = GaussianMixtureFitter(2).fit(FRAME, weights=weights)
    by_name = GaussianMixtureFitter(2).fit(FRAME.assign(w=weights), weights="w")
    assert by_name.column_names == ("a", "b")
    assert by_array.n_samples_ == weights.sum()
    np.testing.assert_array_equal(by_array.means_, by_name.means_)


def test_auto_chooses_by_bic_and_shows_the_others() -> None:
    result = GaussianMixtureFitter("auto").fit(simulated(1_000, 2, 2, apart=8.0))
    assert result.n_components == 2
    assert result.bics_ is not None
    assert min(result.bics_, key=lambda k: result.bics_[k]) == 2  # type: ignore[index]


@pytest.mark.parametrize("suffix", ["json", "pkl"])
def test_a_saved_result_comes_back_without_its_rows(fitted: GaussianMixtureResult, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mixture.{suffix}"
    fitted.save(path)
    loaded = GaussianMixtureResult.load(path, allow_pickle=True)
    np.testing.assert_array_equal(loaded.logpdf(ROWS), fitted.logpdf(ROWS))
    assert (loaded.bic, loaded.column_names, loaded.n_iter_) == (fitted.bic, ("a", "b"), fitted.n_iter_)
    with pytest.raises(FitFailed, match="predict_proba"):
        _ = loaded.responsibilities_


def test_files_of_spark_bestfit_are_read_and_damaged_ones_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs.json"
    document = {
        "schema_version": "1.1", "spark_bestfit_version": "3.0.3", "type": "gaussian_mixture", "n_components": 1,
        "weights": [1.0], "means": [[2.0]], "covariances": [[[4.0]]], "converged": True, "n_iter": 3, "n_samples": 10,
        "log_likelihood": -20.0, "reg_covar": 1e-6,
    }  # fmt: skip
    path.write_text(json.dumps(document))
    result = GaussianMixtureResult.load(path)
    assert result.logpdf([2.0])[0] == pytest.approx(-np.log(2 * np.sqrt(2 * np.pi)))
    for damage in ({"weights": [0.5]}, {"means": "x"}):
        path.write_text(json.dumps({**document, **damage}))
        with pytest.raises(SerializationError, match="cannot be read"):
            GaussianMixtureResult.load(path)


def test_what_cannot_be_fitted_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidInput, match="n_components"):
        GaussianMixtureFitter(0)
    with pytest.raises(UnsupportedType, match="n_components"):
        GaussianMixtureFitter("two")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="init_method"):
        GaussianMixtureFitter(2, init_method="k-means")
    both = {"a": summarize(FRAME, "a")["a"], "b": summarize(FRAME, "b")["b"]}
    with pytest.raises(InvalidInput, match="needs their rows"):
        GaussianMixtureFitter(2).fit(both)
    with pytest.raises(InvalidInput, match="weights="):
        GaussianMixtureFitter(2).fit(both["a"], weights=[1.0])
    with pytest.raises(InvalidInput, match="no column 'c'"):
        GaussianMixtureFitter(2).fit(FRAME, ["a", "c"])
    with pytest.raises(InvalidInput, match="constant"):
        GaussianMixtureFitter(2).fit(FRAME.assign(b=1.0))
    with pytest.raises(InvalidInput, match="fitted where its rows are"):
        GaussianMixtureFitter(2, backend="spark").fit(FRAME)
