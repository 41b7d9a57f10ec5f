"""Mixtures through the service: fits of one column from its summary, and the rows that are drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc
import numpy as np
import pytest

from warmfit import (
    Client,
    GaussianMixtureFitter,
    GaussianMixtureResult,
    InvalidInput,
    RemoteBackend,
    SerializationError,
    aio,
    sample_distributed,
)
from warmfit_fitting.mixture import MixtureFit
from warmfit_fitting.summary import summarize_values
from warmfit_proto import codec
from warmfit_proto import mixture as wire
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc as rpc

GENERATOR = np.random.default_rng(3)
VALUES = np.concatenate([GENERATOR.normal(0, 1, 3_000), GENERATOR.normal(6, 2, 2_000), [np.nan]])
TWO = GaussianMixtureResult(2, [0.75, 0.25], [[0.0, 1.0], [5.0, -5.0]], [np.eye(2), 2 * np.eye(2)])  # type: ignore[arg-type]


@pytest.fixture
def address(start: Callable[..., object]) -> str:
    return start().address  # type: ignore[attr-defined,no-any-return]


def test_the_mixture_of_a_column_is_the_local_one_to_the_last_digit(address: str) -> None:
    from warmfit import summarize

    local = GaussianMixtureFitter("auto").fit(summarize(VALUES, "v")["v"])
    with Client(address) as client:
        ref = client.put(VALUES, ["v"], name="kept")
        answers = [
            client.fit_mixture(VALUES, GaussianMixtureFitter("auto"), "v"),
            client.fit_mixture(ref, GaussianMixtureFitter("auto")),
            GaussianMixtureFitter("auto", backend=RemoteBackend(address)).fit(VALUES, "v"),
        ]
    for remote in answers:
        for name in ("weights_", "means_", "covariances_"):
            np.testing.assert_array_equal(getattr(remote, name), getattr(local, name))
        assert (remote.log_likelihood_, remote.n_samples_, remote.n_missing_) == (local.log_likelihood_, 5_000, 1)
        assert (remote.bics_, remote.n_iter_, remote.column_names) == (local.bics_, local.n_iter_, ("v",))


def test_a_column_is_found_by_its_fingerprint_and_by_its_name(address: str) -> None:
    with Client(address) as client, grpc.insecure_channel(address) as channel:
        ref = client.put(VALUES, ["v"], name="kept")
        stub = rpc.FittingServiceStub(channel)
        by_name = stub.FitMixture(pb.FitMixtureRequest(named=pb.NamedColumn(dataset="kept", column="v")), timeout=30)
        summary = ref.summaries()["v"]
        by_content = stub.FitMixture(pb.FitMixtureRequest(fingerprint=summary.fingerprint, n_components=2), timeout=30)
    assert len(by_content.mixture.weights) == 2
    assert dict(zip(by_name.tried, by_name.bic, strict=True))[2] == pytest.approx(
        4 * 0 + 5 * np.log(5_000) - 2 * by_content.loglik
    )


@pytest.mark.parametrize("n", [0, 1, 1_000])
def test_rows_drawn_by_the_service_are_those_drawn_here(address: str, n: int) -> None:
    with Client(address) as client:
        parts = list(client.sample(TWO, n, seed=4))
    rows = np.concatenate([np.zeros((0, 2)), *parts])
    np.testing.assert_array_equal(rows, TWO.sample(n, random_state=4))


def test_a_sample_goes_on_at_any_row_in_chunks_of_whole_rows(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        request = pb.SampleRequest(mixture=wire.mixture_to_wire(TWO.mixture), n=50, seed=4, offset=17, chunk_bytes=40)
        chunks = list(rpc.FittingServiceStub(channel).Sample(request, timeout=30))
    assert {len(chunk.values) % 2 for chunk in chunks} == {0}
    assert [chunk.offset for chunk in chunks][:2] == [17, 19]
    rows = np.concatenate([chunk.values for chunk in chunks]).reshape(-1, 2)
    np.testing.assert_array_equal(rows, TWO.sample(50, random_state=4)[17:])


def test_the_asyncio_client_fits_and_draws_the_same(address: str) -> None:
    async def both() -> tuple[GaussianMixtureResult, np.ndarray]:
        async with aio.Client(address) as client:
            fit = await client.fit_mixture(VALUES, GaussianMixtureFitter(2))
            return fit, np.concatenate([part async for part in client.sample(TWO, 30, seed=1)])

    fit, rows = asyncio.run(both())
    assert fit.log_likelihood_ == pytest.approx(GaussianMixtureFitter(2).fit(VALUES).log_likelihood_, abs=1.0)
    np.testing.assert_array_equal(rows, TWO.sample(30, random_state=1))


def test_a_distribution_is_sampled_to_a_frame_and_to_files_by_a_service(address: str, tmp_path: object) -> None:
    here = sample_distributed("gamma", [2.0, 0.0, 1.0], 1_000, random_seed=3, upper_bound=4.0)
    backend = RemoteBackend(address)
    there = sample_distributed("gamma", [2.0, 0.0, 1.0], 1_000, backend, random_seed=3, upper_bound=4.0)
    np.testing.assert_array_equal(there["sample"], here["sample"])
    import pandas as pd

    paths = sample_distributed(
        "gamma", [2.0, 0.0, 1.0], 1_000, backend, 3, 3, upper_bound=4.0, path=f"{tmp_path}/parts"
    )
    assert len(paths) == 3
    np.testing.assert_array_equal(pd.concat(map(pd.read_parquet, paths))["sample"], here["sample"])


def test_several_columns_are_refused_before_anything_is_sent(address: str) -> None:
    with Client(address) as client, pytest.raises(InvalidInput, match="needs their rows"):
        client.fit_mixture(np.column_stack([VALUES, VALUES]))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (pb.FitMixtureRequest(), "names no column"),
        (pb.FitMixtureRequest(n_components=1_000), "n_components=1000"),
        (pb.FitMixtureRequest(init_method="k"), "init_method"),
        (pb.FitMixtureRequest(tol=-1.0), "tol=-1.0"),
        (pb.FitMixtureRequest(n_init=101), "n_init=101; this service takes at most 100"),
    ],
)
def test_impossible_questions_are_refused_by_name(address: str, request_: pb.FitMixtureRequest, message: str) -> None:
    if request_.ByteSize():
        request_.inline.CopyFrom(codec.column_to_wire("v", summarize_values(VALUES)))
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as failed:
        rpc.FittingServiceStub(channel).FitMixture(request_, timeout=30)
    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]
    assert message in failed.value.details()  # type: ignore[attr-defined]


def test_a_fit_whose_time_is_up_ends(address: str) -> None:
    request = pb.FitMixtureRequest(inline=codec.column_to_wire("v", summarize_values(VALUES)), n_init=100, timeout=0.02)
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as failed:
        rpc.FittingServiceStub(channel).FitMixture(request, timeout=30)
    assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "wrong",
    [
        pb.Mixture(),
        pb.Mixture(weights=[1.0], means=[0.0], covariances=[-1.0]),
        pb.Mixture(weights=[0.5, 0.5], means=[0.0], covariances=[1.0]),
        pb.Mixture(weights=[1.0], means=[0.0, 1.0], covariances=[1.0]),
    ],
)
def test_mixtures_that_are_none_are_refused_on_both_ends(address: str, wrong: pb.Mixture) -> None:
    with pytest.raises(SerializationError, match="a mixture that is none"):
        wire.fit_from_wire(pb.FitMixtureResponse(mixture=wrong))
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as failed:
        list(rpc.FittingServiceStub(channel).Sample(pb.SampleRequest(mixture=wrong, n=3), timeout=30))
    assert failed.value.code() is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]


def test_a_fit_comes_over_the_wire_whole() -> None:
    fit = MixtureFit(TWO.mixture, -12.5, 40.5, 3, 17, True, (1,), ((1, 9.0), (2, 8.0)))
    again = wire.fit_from_wire(pb.FitMixtureResponse.FromString(wire.fit_to_wire(fit).SerializeToString()))
    assert [again.loglik, again.n, again.n_missing, again.n_iter, again.converged, again.narrow, again.bics] == [
        -12.5, 40.5, 3, 17, True, (1,), ((1, 9.0), (2, 8.0)),
    ]  # fmt: skip
    np.testing.assert_array_equal(again.mixture.covariances, fit.mixture.covariances)
