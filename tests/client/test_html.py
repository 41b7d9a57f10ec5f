"""What notebooks show."""

from __future__ import annotations

import pandas as pd
from tests.conftest import simulated

from warmfit import DistributionFitResult, DistributionFitter


def test_results_show_the_best_fits_of_each_column_and_escape_names() -> None:
    frame = pd.DataFrame({"<a & b>": simulated("gamma(2.5)", 200), "c": simulated("t(3)", 200)})
    found = DistributionFitter().fit(frame, columns=list(frame), included_distributions=["gamma", "norm"])
    shown = found._repr_html_()
    assert shown.count("<table>") == 2
    assert "&lt;a &amp; b&gt;" in shown
    assert "<a &" not in shown
    assert f"{found.for_column('c').best()[0].bic:.6g}" in shown


def test_of_many_columns_a_few_are_shown_and_the_others_counted() -> None:
    frame = pd.DataFrame({f"c{j}": simulated("gamma(2.5)", 50, seed=j) for j in range(7)})
    shown = DistributionFitter().fit(frame, columns=list(frame), included_distributions=["norm"])._repr_html_()
    assert shown.count("<table>") == 5
    assert "2 more columns" in shown


def test_a_result_shows_parameters_with_errors_and_a_failed_one_its_reason() -> None:
    fit = DistributionFitter().fit(simulated("gamma(2.5)", 500), included_distributions=["norm"]).best()[0]
    shown = fit._repr_html_()
    assert f"{fit.parameters[0]:.6g}" in shown
    assert f"{(fit.standard_errors or [0.0])[0]:.6g}" in shown
    assert "why &amp; how" in DistributionFitResult("gamma", [], status="failed", reason="why & how")._repr_html_()
