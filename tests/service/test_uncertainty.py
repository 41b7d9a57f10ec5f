"""Intervals over the wire: the same numbers as in this process, the same errors, and limits on what they may cost."""

from __future__ import annotations

import math
import re
from typing import Any

import grpc
import numpy as np
import pandas as pd
import pytest
from tests.conftest import real_column, simulated
from tests.service.conftest import Running

from warmfit import Client, DiscreteDistributionFitter, DistributionFitter
from warmfit_fitting.summary import ColumnSummary, summarize_values
from warmfit_proto import codec
from warmfit_proto.failures import from_status
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc

pytestmark = pytest.mark.ray


@pytest.fixture
def stub(channel: grpc.Channel) -> fitting_pb2_grpc.FittingServiceStub:
    return fitting_pb2_grpc.FittingServiceStub(channel)


def task(summary: ColumnSummary, *families: str, **spec: Any) -> pb.FitTask:
    column = pb.Column(name="x", summary=codec.summary_to_wire(summary))
    return pb.FitTask(inline=column, spec=pb.FitSpec(families=families, **spec))


def intervals(response: pb.ConfidenceIntervalsResponse) -> dict[str, tuple[float, float]]:
    return dict(zip(response.name, zip(response.low, response.high, strict=True), strict=True))


def refusal(call: Any) -> tuple[str, str, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error = caught.value
    trailer = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    code = error.code().name
    return code, type(from_status(code, error.details(), trailer)).__name__, error.details()


@pytest.mark.parametrize("method", ["wald", "profile"])
@pytest.mark.parametrize("quantiles", [(), (0.5, 0.99)])
def test_intervals_are_those_of_this_process_to_the_last_digit(
    stub: fitting_pb2_grpc.FittingServiceStub, method: str, quantiles: tuple[float, ...]
) -> None:
    x = real_column("ozone")
    here = DistributionFitter().fit(x, included_distributions=["weibull_min"], fixed={"loc": 0.0}).best()[0]
    asked = task(summarize_values(x), "weibull_min", fixed=[pb.FixedParameter(name="loc", value=0.0)], seed=42)
    answer = stub.ConfidenceIntervals(
        pb.ConfidenceIntervalsRequest(task=asked, method=method, alpha=0.1, quantiles=quantiles), timeout=60
    )
    assert list(answer.distribution.parameters) == here.parameters
    assert intervals(answer) == here.confidence_intervals(alpha=0.1, method=method, quantiles=quantiles or None)


def test_the_bootstrap_and_a_test_of_fit_are_those_of_this_process(stub: fitting_pb2_grpc.FittingServiceStub) -> None:
    x = real_column("precip")
    here = DistributionFitter().fit(x, included_distributions=["gumbel_r"]).best()[0]
    asked = task(summarize_values(x), "gumbel_r", seed=42)
    answer = stub.ConfidenceIntervals(
        pb.ConfidenceIntervalsRequest(task=asked, method="bootstrap", n_bootstrap=79, seed=5), timeout=60
    )
    assert intervals(answer) == here.confidence_intervals(method="bootstrap", n_bootstrap=79, random_seed=5)
    test = stub.GoodnessOfFit(pb.GoodnessOfFitRequest(task=asked, statistic="ks", n_bootstrap=79), timeout=60)
    expected = here.goodness_of_fit("ks", n_bootstrap=79)
    assert (test.statistic, test.pvalue, test.n_bootstrap, test.n_failed) == (
        expected.value,
        expected.pvalue,
        79,
        expected.n_failed,
    )
    assert list(test.distribution.parameters) == here.parameters


def test_a_named_column_is_asked_like_one_that_is_sent(
    stub: fitting_pb2_grpc.FittingServiceStub, service: Running
) -> None:
    with Client(service.address) as client:
        client.put(pd.DataFrame({"x": real_column("precip")}), ["x"], name="downpour")
        by_name = pb.FitTask(named=pb.NamedColumn(dataset="downpour", column="x"), spec=pb.FitSpec(families=["norm"]))
        sent = task(summarize_values(real_column("precip")), "norm")
        one, other = (
            stub.ConfidenceIntervals(pb.ConfidenceIntervalsRequest(task=t), timeout=60) for t in (by_name, sent)
        )
        client.delete("downpour")
    assert one == other


def test_intervals_of_counts_are_those_of_this_process(stub: fitting_pb2_grpc.FittingServiceStub) -> None:
    k = np.random.default_rng(0).negative_binomial(3, 0.4, 500).astype(float)
    here = DiscreteDistributionFitter().fit(k, included_distributions=["nbinom"]).best()[0]
    answer = stub.ConfidenceIntervals(
        pb.ConfidenceIntervalsRequest(task=task(summarize_values(k), "nbinom", seed=42), method="profile"), timeout=60
    )
    assert intervals(answer) == here.confidence_intervals(method="profile")


def test_a_location_at_the_end_of_the_support_has_no_wald_interval_over_the_wire_either(
    stub: fitting_pb2_grpc.FittingServiceStub,
) -> None:
    summary = summarize_values(np.random.default_rng(0).exponential(2.0, 300))
    answer = stub.ConfidenceIntervals(pb.ConfidenceIntervalsRequest(task=task(summary, "expon")), timeout=60)
    found = intervals(answer)
    assert all(map(math.isnan, found["loc"]))
    assert found["scale"][0] < answer.distribution.parameters[1] < found["scale"][1]


NONSENSE: dict[str, tuple[dict[str, Any], str]] = {
    "a method that does not exist": ({"method": "jackknife"}, "unknown method 'jackknife'"),
    "an alpha above one": ({"alpha": 2.0}, "alpha=2.0"),
    "a probability above one": ({"quantiles": [1.5]}, "quantiles=.*1.5"),
    "more refits than are admitted": ({"method": "bootstrap", "n_bootstrap": 4_000_000}, "n_bootstrap=4000000"),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_is_refused_by_the_name_of_its_field(case: str, stub: fitting_pb2_grpc.FittingServiceStub) -> None:
    fields, says = NONSENSE[case]
    request = pb.ConfidenceIntervalsRequest(task=task(summarize_values(real_column("precip")), "norm"), **fields)
    code, error, message = refusal(lambda: stub.ConfidenceIntervals(request, timeout=60))
    assert (code, error) == ("INVALID_ARGUMENT", "InvalidInput")
    assert re.search(says, message), message


def test_a_request_names_one_family(stub: fitting_pb2_grpc.FittingServiceStub) -> None:
    summary = summarize_values(real_column("precip"))
    request = pb.ConfidenceIntervalsRequest(task=task(summary, "norm", "gamma"))
    assert refusal(lambda: stub.ConfidenceIntervals(request, timeout=60))[1] == "InvalidInput"


def test_a_family_without_a_fit_has_no_intervals(stub: fitting_pb2_grpc.FittingServiceStub) -> None:
    fixed = [pb.FixedParameter(name="loc", value=1e6)]
    request = pb.ConfidenceIntervalsRequest(task=task(summarize_values(real_column("precip")), "expon", fixed=fixed))
    code, error, message = refusal(lambda: stub.ConfidenceIntervals(request, timeout=60))
    assert (code, error) == ("FAILED_PRECONDITION", "FitFailed")
    assert "begins above the smallest value" in message


def test_time_that_runs_out_is_an_error_and_the_worker_goes_on_serving(
    stub: fitting_pb2_grpc.FittingServiceStub, service: Running
) -> None:
    summary = summarize_values(simulated("gamma(2.5)", 6_000))
    request = pb.ConfidenceIntervalsRequest(task=task(summary, "norminvgauss"), method="profile", timeout=1e-3)
    assert refusal(lambda: stub.ConfidenceIntervals(request, timeout=60))[1] == "DeadlineExceeded"
    request = pb.ConfidenceIntervalsRequest(task=task(summary, "norm"))
    assert len(stub.ConfidenceIntervals(request, timeout=60).name) == 2
