"""Columns together through the service: what it makes of joint summaries, and the rows that it draws."""

from __future__ import annotations

import math

import grpc
import numpy as np
import pandas as pd
import pytest

from warmfit import (
    Client,
    DistributionFitter,
    FitFailed,
    FitterConfig,
    FitterConfigBuilder,
    GaussianCopula,
    LocalBackend,
    MultivariateNormalFitter,
    RemoteBackend,
    StudentTCopula,
    summarize_joint,
)
from warmfit_proto import codec
from warmfit_proto import joint as wire
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc as rpc

COLUMNS = ["a", "b", "c"]


def frame(n: int = 1500) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    z = rng.multivariate_normal([0, 0, 0], [[1, 0.6, -0.4], [0.6, 1, 0.2], [-0.4, 0.2, 1]], size=n)
    table = pd.DataFrame({"a": np.exp(z[:, 0]), "b": z[:, 1] + 3, "c": z[:, 2] ** 3})
    table.loc[::9, "b"] = np.nan
    return table


def config() -> FitterConfig:
    return FitterConfigBuilder().with_distributions(["norm", "lognorm"]).build()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return frame()


@pytest.fixture(scope="module")
def local(table: pd.DataFrame) -> GaussianCopula:
    results = DistributionFitter(backend=LocalBackend(1)).fit(table, columns=COLUMNS, config=config())
    return GaussianCopula.fit(results, table)


def test_a_copula_through_the_service_is_the_local_one_to_the_last_digit(start, table, local):
    with Client(start().address) as client:
        remote = client.fit_copula(table, COLUMNS, config())
    assert remote.column_names == local.column_names
    assert np.array_equal(remote.correlation_matrix, local.correlation_matrix)
    for name in COLUMNS:
        assert remote.marginals[name].parameters == local.marginals[name].parameters


def test_a_remote_backend_settles_correlations_at_its_service(start, table, local):
    backend = RemoteBackend(start().address)
    results = DistributionFitter(backend=LocalBackend(1)).fit(table, columns=COLUMNS, config=config())
    remote = GaussianCopula.fit(results, table, backend=backend)
    assert np.array_equal(remote.correlation_matrix, local.correlation_matrix)
    normal = MultivariateNormalFitter(backend).fit(table, COLUMNS)
    here = MultivariateNormalFitter().fit(table, COLUMNS)
    assert np.array_equal(normal.cov, here.cov)
    assert np.array_equal(normal.mean, here.mean)
    assert normal.n_samples == here.n_samples == table.dropna().shape[0]


@pytest.mark.parametrize("kind", ["gaussian", "student", "normal"])
def test_streamed_rows_are_those_drawn_here(start, table, local, kind):
    model = {
        "gaussian": local,
        "student": StudentTCopula(COLUMNS, local.marginals, local.correlation_matrix, 4.0),
        "normal": MultivariateNormalFitter().fit(table, COLUMNS),
    }[kind]
    gateway = start()
    with Client(gateway.address) as client:
        parts = list(client.sample(model, 100_000, seed=5))
        frame = model.sample_distributed(1000, RemoteBackend(gateway.address), random_seed=5)
    here = model.sample(100_000, random_state=5)
    assert len(parts) > 1
    for name in COLUMNS:
        assert np.array_equal(np.concatenate([part[name] for part in parts]), here[name])
        assert np.array_equal(frame[name], here[name][:1000])


def test_any_client_can_have_marginals_fitted_and_joined_in_one_call(start, table, local):
    stub = rpc.FittingServiceStub(grpc.insecure_channel(start().address))
    tasks = [
        pb.FitTask(
            inline=pb.Column(name=name, values=pb.ColumnValues(values=table[name].to_numpy())),
            spec=pb.FitSpec(families=["norm", "lognorm"], seed=42),
        )
        for name in COLUMNS
    ]
    request = pb.FitCopulaRequest(joint=wire.joint_to_wire(summarize_joint(table, COLUMNS)), tasks=tasks)
    answer = stub.FitCopula(request, timeout=30)
    assert [m.name for m in answer.marginals] == [local.marginals[name].distribution for name in COLUMNS]
    assert np.array_equal(np.reshape(answer.correlation, (3, 3)), local.correlation_matrix)
    assert [row.status for row in codec.table_from_wire(answer.rows)] == ["ok"] * 3
    uniform = stub.Sample(pb.SampleRequest(copula=answer, n=40, seed=5, uniform=True), timeout=30)
    rows = np.concatenate([chunk.values for chunk in uniform]).reshape(40, 3)
    assert np.array_equal(rows[:, 1], local.sample(40, random_state=5, return_uniform=True)["b"])


def test_a_sample_goes_on_from_an_offset_of_rows(start, table):
    stub = rpc.FittingServiceStub(grpc.insecure_channel(start().address))
    normal = pb.MultivariateNormal(names=["x", "y"], mean=[0, 0], covariance=[1, 0.5, 0.5, 1])
    whole, rest = (
        np.concatenate([c.values for c in stub.Sample(pb.SampleRequest(normal=normal, n=50, seed=1, offset=offset))])
        for offset in (0, 30)
    )
    assert np.array_equal(whole[60:], rest)


@pytest.mark.parametrize(
    ("request_", "part"),
    [
        (pb.SampleRequest(n=1, copula=pb.Copula(names=["a"])), "copula.marginals"),
        (pb.SampleRequest(n=1, normal=pb.MultivariateNormal()), "normal.mean"),
        (pb.SampleRequest(n=1, normal=pb.MultivariateNormal(mean=[0], covariance=[1, 2])), "normal.covariance"),
        (pb.SampleRequest(n=1, normal=pb.MultivariateNormal(mean=[0], covariance=[-1])), "normal"),
        (pb.SampleRequest(n=1, normal=pb.MultivariateNormal(mean=[0], covariance=[math.nan])), "normal"),
        (pb.SampleRequest(n=10**12, normal=pb.MultivariateNormal(mean=[0, 0], covariance=[1, 0, 0, 1])), "n"),
    ],
)
def test_a_law_that_is_none_is_refused(start, request_, part):
    stub = rpc.FittingServiceStub(grpc.insecure_channel(start().address))
    with pytest.raises(grpc.RpcError) as refused:
        list(stub.Sample(request_, timeout=30))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT, refused.value
    assert part.encode() in dict(refused.value.trailing_metadata())["grpc-status-details-bin"]


def test_a_joint_summary_that_was_tampered_with_is_refused(start, table):
    stub = rpc.FittingServiceStub(grpc.insecure_channel(start().address))
    message = wire.joint_to_wire(summarize_joint(table, COLUMNS))
    message.scores.product[1] += 1e-3
    message.scores.product[3] += 1e-3
    with pytest.raises(grpc.RpcError) as refused:
        stub.FitCopula(pb.FitCopulaRequest(joint=message), timeout=30)
    assert "fingerprint" in refused.value.details()


def test_a_constant_column_and_values_alone_have_no_copula(start, table):
    constant = table.assign(b=1.0)
    with Client(start().address) as client, pytest.raises(FitFailed, match="every value is 1"):
        client.fit_copula(constant, COLUMNS, config())
    stub = rpc.FittingServiceStub(grpc.insecure_channel(start().address))
    alone = wire.joint_to_wire(summarize_joint(table, COLUMNS, scores=False))
    with pytest.raises(grpc.RpcError, match="scores"):
        stub.FitCopula(pb.FitCopulaRequest(joint=alone), timeout=30)
