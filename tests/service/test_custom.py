"""Families of a user's own through a service that was told to accept them: by name, and never by unpickling."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.service.conftest import OWN, Running
from tests.service.families import BOREL, BROKEN, KUMARASWAMY

from warmfit import (
    Client,
    DiscreteDistributionFitter,
    DistributionFitter,
    FitResults,
    FitterConfig,
    InvalidInput,
    LocalBackend,
    SerializationError,
    UnknownDistribution,
    aio,
)
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc

pytestmark = pytest.mark.ray

RNG = np.random.default_rng(21)
VALUES = 3.0 * RNG.beta(2.0, 3.0, 900)
COUNTS = 1 + RNG.poisson(0.7, 700)
NAMES = ["kumaraswamy", "beta", "norm"]
WEIGHTS = np.arange(900) % 3 + 0.0
CALLS: dict[str, dict[str, Any]] = {
    "plain": {},
    "weights": {"weights": WEIGHTS},
    "fixed": {"fixed": {"loc": -0.001}},
    "truncated": {"lower_bound": -0.5, "upper_bound": 3.5},
    "support at zero": {"support_at_zero": True},
    "lazy": {"lazy_metrics": True},
    "streamed": {"progress_callback": lambda *_: None},
    "prefilter": {"prefilter": True},
}


def frame(results: Any) -> pd.DataFrame:
    return results.to_pandas().drop(columns=["elapsed"])


def knowing(target: Any, **own: Any) -> DistributionFitter:
    fitter = DistributionFitter(target)
    for name, distribution in own.items():
        fitter.register_distribution(name, distribution)
    return fitter


@pytest.mark.parametrize("call", CALLS)
def test_rows_are_the_same_here_and_there_to_the_last_digit(call: str, service: Running) -> None:
    here, there = (
        knowing(target, kumaraswamy=KUMARASWAMY).fit(VALUES, included_distributions=NAMES, **CALLS[call]).materialize()
        for target in (LocalBackend(), service.address)
    )
    pd.testing.assert_frame_equal(frame(there), frame(here), check_exact=True)
    assert there.for_column("value").df.set_index("distribution").loc["kumaraswamy", "status"] == "ok"


def test_a_family_that_only_the_service_knows_is_fitted_by_name(service: Running) -> None:
    there = DistributionFitter(service.address).fit(VALUES, included_distributions=NAMES)
    here = knowing(None, kumaraswamy=KUMARASWAMY).fit(VALUES, included_distributions=NAMES)
    pd.testing.assert_frame_equal(frame(there), frame(here), check_exact=True)
    own, known = (next(iter(r.filter(ks_threshold=1.0))) for r in (there, here))
    assert own.distribution == "kumaraswamy"
    with pytest.raises(UnknownDistribution, match=r"unknown distribution 'kumaraswamy'.*Client\.evaluate"):
        own.pdf(1.0)
    with Client(service.address) as client:
        np.testing.assert_array_equal(client.evaluate(own, "cdf", [0.5, 1.0]), known.cdf([0.5, 1.0]))
        drawn = np.concatenate(list(client.sample(own, 2_000, seed=3)))
    np.testing.assert_array_equal(drawn, known.sample(2_000, random_state=3))


def test_discrete_families_are_accepted_likewise(service: Running) -> None:
    fitter = DiscreteDistributionFitter(service.address)
    there = fitter.fit(COUNTS, included_distributions=["borel", "geom"])
    local = DiscreteDistributionFitter()
    local.register_distribution("borel", BOREL)
    here = local.fit(COUNTS, included_distributions=["borel", "geom"])
    pd.testing.assert_frame_equal(frame(there), frame(here), check_exact=True)
    with Client(service.address) as client:
        by_client = client.fit(COUNTS, FitterConfig(included_distributions=["borel", "geom"]))
    pd.testing.assert_frame_equal(frame(by_client), frame(here), check_exact=True)
    with pytest.raises(UnknownDistribution, match="kumaraswamy"):
        fitter.fit(COUNTS, included_distributions=["kumaraswamy"])


def test_both_clients_fit_stream_and_list_them(service: Running) -> None:
    config = FitterConfig(included_distributions=NAMES)

    async def main() -> Any:
        async with aio.Client(service.address) as client:
            return await client.fit(VALUES, config)

    with Client(service.address) as client:
        ref = client.put(VALUES)
        fitted = client.fit(ref, config)
        streamed = {result.distribution: result for _, result in client.fit_stream(ref, config)}
        listed = {info.name: info for info in client.distributions()}
        engine = client.info().engine
    pd.testing.assert_frame_equal(frame(asyncio.run(main())), frame(fitted), check_exact=True)
    assert streamed["kumaraswamy"].parameters == fitted.df.set_index("distribution").loc["kumaraswamy", "parameters"]
    assert {name for name, info in listed.items() if info.custom} == set(OWN)
    assert listed["kumaraswamy"].parameters == ("a", "b", "loc", "scale")
    assert listed["borel"].discrete
    assert not listed["kumaraswamy"].default
    assert all(f"{name}=tests.service.families:{where}" in engine for name, where in OWN.items())


def test_an_error_in_a_familys_code_is_the_text_of_its_row_and_fails_no_other(service: Running) -> None:
    there = knowing(service.address, broken=BROKEN).fit(VALUES, included_distributions=["broken", "norm"])
    row = there.df.set_index("distribution").loc["broken"]
    assert row["status"] == "failed"
    assert row["reason"].startswith("KeyError: ('the moon is full'")
    assert there.best()[0].distribution == "norm"


@pytest.mark.parametrize("callback", [None, lambda *_: None], ids=["at once", "streamed"])
def test_a_density_that_hangs_costs_its_own_row_and_no_more_time_than_was_given(
    callback: Any, service: Running
) -> None:
    started = time.monotonic()
    there = DistributionFitter(service.address).fit(
        VALUES[:300], included_distributions=["hanging", "norm"], timeout=3.0, progress_callback=callback
    )
    assert time.monotonic() - started < 7.5
    assert there.df["status"].tolist() == ["timed_out", "ok"]


def test_families_that_the_service_was_not_told_of_are_refused_with_how_it_is_told(service: Running) -> None:
    with pytest.raises(
        UnknownDistribution, match=r"does not know 'mine'.*warmfit serve --distribution mine=module:attr"
    ):
        knowing(service.address, mine=KUMARASWAMY).fit(VALUES, included_distributions=["mine"])
    with pytest.raises(UnknownDistribution, match="unknown distribution 'theirs'"):
        DistributionFitter(service.address).fit(VALUES, included_distributions=["theirs"])
    mine = knowing(None, mine=KUMARASWAMY).fit(VALUES, included_distributions=["mine"]).best()[0]
    with Client(service.address) as client:
        with pytest.raises(UnknownDistribution, match="does not know 'mine'"):
            client.evaluate(mine, "pdf", [1.0])
        with pytest.raises(UnknownDistribution, match="does not know 'mine'"):
            list(client.sample(mine, 10))


def test_another_family_under_the_name_is_refused(service: Running) -> None:
    with pytest.raises(InvalidInput, match="'kumaraswamy' has the parameters loc, scale here and a, b, loc, scale at"):
        knowing(service.address, kumaraswamy=type(stats.norm)()).fit(VALUES, included_distributions=["kumaraswamy"])


def test_results_are_saved_by_name_and_loaded_with_the_object(service: Running, tmp_path: Path) -> None:
    results = DistributionFitter(service.address).fit(VALUES, included_distributions=NAMES)
    results.save(tmp_path / "results.json")
    with pytest.raises(SerializationError, match=r"unknown distribution 'kumaraswamy'.*custom="):
        FitResults.load(tmp_path / "results.json")
    loaded = FitResults.load(tmp_path / "results.json", custom={"kumaraswamy": KUMARASWAMY})
    assert next(iter(loaded)).cdf(1e9) == 1.0
    pd.testing.assert_frame_equal(loaded.df, results.df, check_exact=True)


def test_the_wire_takes_names_only(channel: grpc.Channel) -> None:
    stub = fitting_pb2_grpc.FittingServiceStub(channel)
    inline = pb.Column(name="x", values=pb.ColumnValues(values=VALUES))
    answer = stub.Fit(pb.FitRequest(tasks=[pb.FitTask(inline=inline, spec=pb.FitSpec(families=["kumaraswamy"]))]))
    assert answer.tables[0].status == [pb.STATUS_OK]
    with pytest.raises(grpc.RpcError) as caught:
        stub.Fit(
            pb.FitRequest(
                tasks=[pb.FitTask(inline=inline, spec=pb.FitSpec(families=["tests.service.families:KUMARASWAMY"]))]
            )
        )
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    default = stub.Fit(pb.FitRequest(tasks=[pb.FitTask(inline=inline)])).tables[0].distribution
    assert not set(OWN) & set(default)


def test_families_of_both_kinds_are_not_fitted_in_one_call(service: Running) -> None:
    with Client(service.address) as client, pytest.raises(InvalidInput):
        client.fit(COUNTS, FitterConfig(included_distributions=["kumaraswamy", "borel"]))
