"""The service as any gRPC client sees it: from the `.proto` alone, without our SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import grpc
import numpy as np
import pytest
from google.protobuf import descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from scipy import stats
from tests.conftest import real_column
from tests.service.conftest import Running, becomes_idle, busy, eventually

from warmfit_proto.failures import from_status
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc

pytestmark = pytest.mark.ray
PROTO = Path(__file__).parents[2] / "proto"


@pytest.fixture
def stub(channel: grpc.Channel) -> fitting_pb2_grpc.FittingServiceStub:
    return fitting_pb2_grpc.FittingServiceStub(channel)


def refusal(call: Callable[[], Iterable[object]]) -> tuple[str, str]:
    """The status code and the name of the error class of a call that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        list(call())
    error = caught.value
    trailer = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    return error.code().name, type(from_status(error.code().name, error.details(), trailer)).__name__


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """A client generated from the `.proto` alone, outside our packages and with their names unknown."""
    import importlib
    import sys

    from grpc_tools import protoc

    folder = tmp_path_factory.mktemp("generated")
    source = (PROTO / "warmfit_proto" / "v1" / "fitting.proto").read_text()
    # Another package name, because one process holds each message type once.
    (folder / "other_client.proto").write_text(source.replace("package warmfit.v1;", "package other.v1;"))
    well_known = str(Path(protoc.__file__).parent / "_proto")
    arguments = ["protoc", f"-I{folder}", f"-I{well_known}", f"--python_out={folder}", "other_client.proto"]
    assert protoc.main(arguments) == 0
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("other_client_pb2")
    finally:
        sys.path.remove(str(folder))


def test_a_client_generated_from_the_proto_sends_raw_values_and_reads_a_ranked_fit(
    generated: ModuleType, channel: grpc.Channel
) -> None:
    x = real_column("precip")
    fit = channel.unary_unary(
        "/warmfit.v1.FittingService/Fit",
        request_serializer=generated.FitRequest.SerializeToString,
        response_deserializer=generated.FitResponse.FromString,
    )
    column = generated.Column(name="precip", values=generated.ColumnValues(values=x))
    task = generated.FitTask(inline=column, spec=generated.FitSpec(families=["norm", "gumbel_r"]))
    table = fit(generated.FitRequest(tasks=[task]), timeout=60).tables[0]
    assert list(table.distribution) == ["norm", "gumbel_r"]
    np.testing.assert_allclose(table.parameters[:2], [x.mean(), x.std()])
    assert table.loglik[0] == pytest.approx(stats.norm.logpdf(x, x.mean(), x.std()).sum())


def test_reflection_describes_the_service(channel: grpc.Channel) -> None:
    database = ProtoReflectionDescriptorDatabase(channel)
    assert "warmfit.v1.FittingService" in database.get_services()
    pool = descriptor_pool.DescriptorPool(database)
    service = pool.FindServiceByName("warmfit.v1.FittingService")
    assert {m.name for m in service.methods} == {
        m.name for m in pb.DESCRIPTOR.services_by_name["FittingService"].methods
    }
    assert message_factory.GetMessageClass(pool.FindMessageTypeByName("warmfit.v1.FitRequest")) is not None


def test_health_and_http_readiness_say_serving(channel: grpc.Channel, service: Running) -> None:
    import urllib.request

    health = health_pb2_grpc.HealthStub(channel)
    for name in ("", "warmfit.v1.FittingService"):
        assert health.Check(health_pb2.HealthCheckRequest(service=name), timeout=10).status == 1
    with urllib.request.urlopen(f"http://127.0.0.1:{service.http_port}/-/healthz", timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "request_", "expected"),
    [
        ("Fit", b"\xff\xff\xff", ("INVALID_ARGUMENT", "InvalidInput")),
        ("Fit", pb.FitRequest(), ("INVALID_ARGUMENT", "InvalidInput")),
        ("Fit", pb.FitRequest(tasks=[pb.FitTask()]), ("INVALID_ARGUMENT", "InvalidInput")),
        ("Fit", pb.FitRequest(tasks=[pb.FitTask(fingerprint="0" * 64)]), ("NOT_FOUND", "DatasetNotFound")),
        (
            "Fit",
            pb.FitRequest(tasks=[pb.FitTask(fingerprint="0", spec=pb.FitSpec(families=["gama"]))]),
            ("INVALID_ARGUMENT", "UnknownDistribution"),
        ),
        ("GetDataset", pb.GetDatasetRequest(name="nobody"), ("NOT_FOUND", "DatasetNotFound")),
        ("DeleteDataset", pb.DeleteDatasetRequest(name="nobody"), ("NOT_FOUND", "DatasetNotFound")),
        ("RegisterDataset", pb.RegisterDatasetRequest(name="empty"), ("INVALID_ARGUMENT", "InvalidInput")),
        (
            "RegisterDataset",
            pb.RegisterDatasetRequest(columns=[pb.Column(name="x", summary=pb.ColumnSummary(version=1))]),
            ("INVALID_ARGUMENT", "SerializationError"),
        ),
        (
            "Evaluate",
            pb.EvaluateRequest(distribution=pb.Distribution(name="gamma", parameters=[1.0])),
            ("INVALID_ARGUMENT", "InvalidInput"),
        ),
        (
            "Sample",
            pb.SampleRequest(distribution=pb.Distribution(name="norm", parameters=[0.0, -1.0]), n=1),
            ("INVALID_ARGUMENT", "InvalidInput"),
        ),
    ],
)
def test_bad_requests_are_refused_by_class(
    channel: grpc.Channel, method: str, request_: object, expected: tuple[str, str]
) -> None:
    data = request_ if isinstance(request_, bytes) else request_.SerializeToString()  # type: ignore[attr-defined]
    call = channel.unary_stream(f"/warmfit.v1.FittingService/{method}")
    assert refusal(lambda: call(data, timeout=30)) == expected


def test_datasets_are_registered_listed_and_forgotten(stub: fitting_pb2_grpc.FittingServiceStub) -> None:
    column = pb.Column(name="mm", values=pb.ColumnValues(values=[1.0, 2.0, 4.0, float("nan")]))
    kept = stub.RegisterDataset(pb.RegisterDatasetRequest(name="rain", columns=[column]))
    assert (kept.version, kept.columns[0].n, kept.columns[0].n_missing, kept.columns[0].exact) == (1, 3, 1, True)
    again = stub.GetDataset(pb.GetDatasetRequest(name="rain", with_summaries=True))
    assert list(again.columns[0].summary.observed.atoms) == [1.0, 2.0, 4.0]
    stub.RegisterDataset(pb.RegisterDatasetRequest(name="snow", columns=[column]))
    first = stub.ListDatasets(pb.ListDatasetsRequest(page_size=1))
    rest = stub.ListDatasets(pb.ListDatasetsRequest(page_token=first.next_page_token))
    assert {"rain", "snow"} <= {d.name for page in (first, rest) for d in page.datasets}
    named = pb.FitTask(named=pb.NamedColumn(dataset="rain", column="mm"), spec=pb.FitSpec(families=["norm"]))
    assert stub.Fit(pb.FitRequest(tasks=[named])).tables[0].status[0] == pb.STATUS_OK
    stub.DeleteDataset(pb.DeleteDatasetRequest(name="rain"))
    assert refusal(lambda: [stub.GetDataset(pb.GetDatasetRequest(name="rain"))])[0] == "NOT_FOUND"


def test_a_stream_tells_every_family_once_and_then_that_it_is_complete(
    stub: fitting_pb2_grpc.FittingServiceStub,
) -> None:
    column = pb.Column(name="x", values=pb.ColumnValues(values=real_column("rivers")))
    events = list(stub.FitStream(pb.FitRequest(tasks=[pb.FitTask(inline=column)]), timeout=120))
    told = [name for event in events[:-1] for name in event.finished.table.distribution]
    listed = stub.ListDistributions(pb.ListDistributionsRequest()).distributions
    assert sorted(told) == sorted(d.name for d in listed if d.default and not d.discrete)
    assert events[-1].complete.n_rows == len(told)
    assert len(events) > 3  # and not all at the end


def test_a_sample_is_the_same_however_it_is_split_and_follows_the_distribution(
    stub: fitting_pb2_grpc.FittingServiceStub,
) -> None:
    gamma = pb.Distribution(name="gamma", parameters=[2.0, 1.0, 3.0], lower_bound=2.0)

    def sample(**more: int) -> np.ndarray:
        chunks = stub.Sample(pb.SampleRequest(distribution=gamma, n=5_000, seed=11, **more))
        return np.concatenate([np.array(chunk.values) for chunk in chunks])

    whole = sample()
    np.testing.assert_array_equal(sample(chunk_bytes=808), whole)
    np.testing.assert_array_equal(sample(offset=1_234), whole[1_234:])
    base = stats.gamma(2.0, 1.0, 3.0)
    assert stats.kstest((base.cdf(whole) - base.cdf(2.0)) / base.sf(2.0), "uniform").pvalue > 1e-3


def test_functions_of_a_distribution_are_scipys(stub: fitting_pb2_grpc.FittingServiceStub) -> None:
    norm, points = pb.Distribution(name="norm", parameters=[1.0, 2.0]), [0.1, 0.5, 0.9]
    for number, name in enumerate(("pdf", "logpdf", "cdf", "sf", "ppf", "isf"), start=1):
        answer = stub.Evaluate(pb.EvaluateRequest(distribution=norm, function=number, points=points))  # type: ignore[arg-type]
        np.testing.assert_allclose(answer.values, getattr(stats.norm(1.0, 2.0), name)(points))


def test_a_message_that_is_too_large_is_refused(channel: grpc.Channel) -> None:
    call = channel.unary_stream("/warmfit.v1.FittingService/Fit")
    assert refusal(lambda: call(bytes(65 << 20), timeout=60))[0] == "RESOURCE_EXHAUSTED"


def test_a_deadline_that_passes_ends_the_call(stub: fitting_pb2_grpc.FittingServiceStub) -> None:
    column = pb.Column(name="x", values=pb.ColumnValues(values=np.random.default_rng(0).gamma(2.0, size=4_000)))
    request = pb.FitRequest(tasks=[pb.FitTask(inline=column)])
    with pytest.raises(grpc.RpcError) as caught:
        stub.Fit(request, timeout=0.05)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_fit_without_enough_time_says_which_rows_were_cut_short(stub: fitting_pb2_grpc.FittingServiceStub) -> None:
    column = pb.Column(name="x", values=pb.ColumnValues(values=np.random.default_rng(3).gamma(2.0, size=4_000)))
    table = stub.Fit(pb.FitRequest(tasks=[pb.FitTask(inline=column)], timeout=0.1), timeout=60).tables[0]
    assert pb.STATUS_TIMED_OUT in table.status
    assert len(table.status) == len(stub.Fit(pb.FitRequest(tasks=[pb.FitTask(inline=column)])).tables[0].status)


def test_work_stops_long_before_it_is_done_when_the_client_of_a_stream_goes_away(
    service: Running, stub: fitting_pb2_grpc.FittingServiceStub
) -> None:
    rng = np.random.default_rng(1)
    columns = [pb.Column(name="x", values=pb.ColumnValues(values=rng.gamma(2.0, size=4_000))) for _ in range(20)]
    stream = stub.FitStream(pb.FitRequest(tasks=[pb.FitTask(inline=column) for column in columns]), timeout=120)
    next(iter(stream))
    workers = service.replicas("FitWorker")
    assert len(workers) == 2
    assert eventually(lambda: busy(workers, 0.3) > 0.2, 20)
    stream.cancel()
    assert becomes_idle(workers)


def test_a_worker_killed_during_a_fit_is_replaced_and_the_caller_sees_nothing_of_it(
    service: Running, stub: fitting_pb2_grpc.FittingServiceStub
) -> None:
    column = pb.Column(name="x", values=pb.ColumnValues(values=np.random.default_rng(2).gamma(2.0, size=4_000)))
    request = pb.FitRequest(tasks=[pb.FitTask(inline=column)])
    stream = iter(stub.FitStream(request, timeout=120))
    told = list(next(stream).finished.table.distribution)
    victim = service.replicas("FitWorker")[0]
    victim.kill()
    for event in stream:
        told += event.finished.table.distribution
    assert not victim.is_running()
    assert len(told) == len(set(told)) == event.complete.n_rows
    assert pb.STATUS_TIMED_OUT not in stub.Fit(request, timeout=120).tables[0].status
