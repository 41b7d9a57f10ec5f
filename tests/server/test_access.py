"""Who may call what: every method with every kind of credentials, over a socket."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from tests.server.conftest import Gateway, running

from warmfit_fitting.joint import JointSummary
from warmfit_fitting.summary import ColumnSummary, summarize_values
from warmfit_proto import codec
from warmfit_proto.joint import joint_to_wire
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_server.access import SCOPES, Scope
from warmfit_server.handlers import DESCRIPTOR

TOKENS = {
    "nobody": "",
    "reader": "reader-0123456789abcdef",
    "fitter": "fitter-0123456789abcdef",
    "writer": "writer-0123456789abcdef",
    "admin": "admin-0123456789abcdef",
    "expired": "expired-0123456789abcdef",
    "stranger": "stranger-0123456789abcdef",
    "unknown": "unknown-0123456789abcdef",
}
SCOPES_OF = {
    "reader": ["read"], "fitter": ["fit"], "writer": ["write"], "admin": ["admin"],
    "expired": ["admin"], "stranger": ["read", "fit", "write"],
}  # fmt: skip
SECRET = summarize_values(np.array([1.0, 2.0, 4.0, 9.0]))


def tokens_file(folder: Path) -> Path:
    lines = []
    for name, scopes in SCOPES_OF.items():
        digest = hashlib.sha256(TOKENS[name].encode()).hexdigest()
        namespace = "theirs" if name == "stranger" else "ours"
        lines += ["[[token]]", f'name = "{name}"', f'sha256 = "{digest}"', f'namespace = "{namespace}"']
        lines += [f"scopes = {scopes}", *(["expires = 2020-01-01T00:00:00Z"] if name == "expired" else [])]
    file = folder / "tokens.toml"
    file.write_text("\n".join(lines))
    return file


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("access")
    with running(folder / "data", tokens_file=tokens_file(folder), health="token") as gateway:
        for name in ("secret", "grown"):
            assert call(gateway, "RegisterDataset", "admin", kept(name))[0] == "OK"
        yield gateway


def kept(name: str) -> pb.RegisterDatasetRequest:
    return pb.RegisterDatasetRequest(name=name, columns=[codec.column_to_wire("x", SECRET)], overwrite=True)


def metadata(who: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {TOKENS[who]}"),) if TOKENS[who] else ()


def call(gateway: Gateway, method: str, who: str, request: object) -> tuple[str, bytes]:
    """The status of a call, and all that it says: answers, details and trailers."""
    path = f"/{DESCRIPTOR.full_name}/{method}"
    with grpc.insecure_channel(gateway.address) as channel:
        streams = DESCRIPTOR.methods_by_name[method].server_streaming if method in DESCRIPTOR.methods_by_name else False
        data = request.SerializeToString()  # type: ignore[attr-defined]
        try:
            if streams:
                return "OK", b"".join(channel.unary_stream(path)(data, metadata=metadata(who), timeout=30))
            return "OK", channel.unary_unary(path)(data, metadata=metadata(who), timeout=30)
        except grpc.RpcError as error:
            told = [error.details().encode(), *(value for _, value in error.trailing_metadata() or ())]
            return error.code().name, b"".join(v if isinstance(v, bytes) else v.encode() for v in told)


SPEC = pb.FitSpec(families=["norm"])
BY_FINGERPRINT = pb.FitRequest(tasks=[pb.FitTask(fingerprint=SECRET.fingerprint, spec=SPEC)])
NORM = pb.Distribution(name="norm", parameters=[0.0, 1.0])
ROWS = np.array([[1.0, 2.0], [2.0, 1.0], [4.0, 3.0], [3.0, 5.0]])
TOGETHER = joint_to_wire(
    JointSummary.of(("x", "y"), ROWS, {name: summarize_values(c) for name, c in zip("xy", ROWS.T, strict=True)})
)
REQUESTS = {
    "RegisterDataset": pb.RegisterDatasetRequest(columns=[codec.column_to_wire("x", SECRET)]),
    "AppendDataset": pb.AppendDatasetRequest(
        name="grown", columns=[codec.column_to_wire("x", SECRET)], request_id="an append"
    ),
    "GetDataset": pb.GetDatasetRequest(name="secret", with_summaries=True),
    "ListDatasets": pb.ListDatasetsRequest(),
    "DeleteDataset": pb.DeleteDatasetRequest(name="nothing"),
    "Fit": BY_FINGERPRINT,
    "FitStream": BY_FINGERPRINT,
    "ConfidenceIntervals": pb.ConfidenceIntervalsRequest(task=BY_FINGERPRINT.tasks[0]),
    "GoodnessOfFit": pb.GoodnessOfFitRequest(task=BY_FINGERPRINT.tasks[0], n_bootstrap=19),
    "FitCopula": pb.FitCopulaRequest(joint=TOGETHER),
    "FitMixture": pb.FitMixtureRequest(fingerprint=SECRET.fingerprint, n_components=1),
    "FitMultivariateNormal": pb.FitMultivariateNormalRequest(joint=TOGETHER),
    "Sample": pb.SampleRequest(distribution=NORM, n=3),
    "Evaluate": pb.EvaluateRequest(distribution=NORM, function=pb.FUNCTION_PDF, points=[0.0]),
    "ListDistributions": pb.ListDistributionsRequest(),
    "GetServerInfo": pb.GetServerInfoRequest(),
}
METHODS = [*(method.name for method in DESCRIPTOR.methods), "NoSuchMethod"]


def test_every_method_has_a_scope_and_a_request_here() -> None:
    assert set(SCOPES) == set(REQUESTS) == {method.name for method in DESCRIPTOR.methods}


@pytest.mark.parametrize("who", ["nobody", "expired", "unknown"])
@pytest.mark.parametrize("method", METHODS)
def test_without_a_valid_token_nothing_is_told(gateway: Gateway, method: str, who: str) -> None:
    code, told = call(gateway, method, who, REQUESTS.get(method, pb.GetServerInfoRequest()))
    assert code == "UNAUTHENTICATED"
    assert SECRET.fingerprint.encode() not in told
    assert b"norm" not in told


@pytest.mark.parametrize("who", ["reader", "fitter", "writer"])
@pytest.mark.parametrize("method", METHODS)
def test_a_token_allows_what_its_scopes_do_and_nothing_else(gateway: Gateway, method: str, who: str) -> None:
    before = gateway.workers.fits
    code, told = call(gateway, method, who, REQUESTS.get(method, pb.GetServerInfoRequest()))
    if SCOPES.get(method, Scope.ADMIN).value in SCOPES_OF[who]:
        assert code in ("OK", "NOT_FOUND")  # of a dataset that is not there
    else:
        assert code == "PERMISSION_DENIED"
        assert SECRET.fingerprint.encode() not in told
        assert gateway.workers.fits == before


@pytest.mark.parametrize("method", METHODS)
def test_the_scope_of_administrators_includes_all(gateway: Gateway, method: str) -> None:
    code, _ = call(gateway, method, "admin", REQUESTS.get(method, pb.GetServerInfoRequest()))
    assert code in (("UNIMPLEMENTED",) if method == "NoSuchMethod" else ("OK", "NOT_FOUND"))


@pytest.mark.parametrize("method", ["Fit", "FitStream"])
def test_another_namespace_is_as_if_it_were_not_there(gateway: Gateway, method: str) -> None:
    assert call(gateway, method, "admin", BY_FINGERPRINT)[0] == "OK"  # fitted, and its answer kept
    nowhere = pb.FitRequest(tasks=[pb.FitTask(fingerprint="0" * 64, spec=SPEC)])
    theirs, unknown = call(gateway, method, "stranger", BY_FINGERPRINT), call(gateway, method, "stranger", nowhere)
    assert theirs[0] == unknown[0] == "NOT_FOUND"
    assert theirs[1].replace(SECRET.fingerprint.encode(), b"?") == unknown[1].replace(b"0" * 64, b"?")


@pytest.mark.parametrize("method", ["AppendDataset", "GetDataset", "DeleteDataset"])
def test_names_of_another_namespace_are_unknown(gateway: Gateway, method: str) -> None:
    def named(name: str) -> object:
        request = type(REQUESTS[method])()
        request.CopyFrom(REQUESTS[method])  # type: ignore[arg-type]
        request.name = name  # type: ignore[attr-defined]
        return request

    theirs = call(gateway, method, "stranger", named("secret"))
    unknown = call(gateway, method, "stranger", named("nosuch"))
    assert theirs[0] == unknown[0] == "NOT_FOUND"
    assert theirs[1].replace(b"secret", b"?") == unknown[1].replace(b"nosuch", b"?")
    listed = pb.ListDatasetsResponse.FromString(call(gateway, "ListDatasets", "stranger", pb.ListDatasetsRequest())[1])
    assert not listed.datasets


def test_a_name_needs_the_scope_to_write(gateway: Gateway) -> None:
    assert call(gateway, "RegisterDataset", "fitter", kept("mine"))[0] == "PERMISSION_DENIED"
    assert call(gateway, "RegisterDataset", "fitter", REQUESTS["RegisterDataset"])[0] == "OK"


@pytest.mark.parametrize("who", ["nobody", "unknown", "reader"])
def test_health_needs_a_token_where_it_is_so_configured(gateway: Gateway, who: str) -> None:
    with grpc.insecure_channel(gateway.address) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        if who == "reader":
            answer = check(health_pb2.HealthCheckRequest(), metadata=metadata(who))
            assert answer.status == health_pb2.HealthCheckResponse.SERVING
        else:
            with pytest.raises(grpc.RpcError) as refused:
                check(health_pb2.HealthCheckRequest(), metadata=metadata(who))
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    gateway.call(gateway.server.check())  # the replica's own probe has a token of its own


def test_reflection_needs_a_token_too(gateway: Gateway) -> None:
    with grpc.insecure_channel(gateway.address) as channel, pytest.raises(grpc.RpcError) as refused:
        ProtoReflectionDescriptorDatabase(channel).get_services()
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


LIST_SERVICES = bytes([7 << 3 | 2, 0])  # list_services: "", in both versions of reflection
BESIDE = {  # what is on the port beside the service: its request, and the code for those who may ask
    "/grpc.health.v1.Health/Check": (b"", "OK"),
    "/grpc.health.v1.Health/Watch": (b"", "OK"),
    "/grpc.health.v1.Health/List": (b"", "UNIMPLEMENTED"),
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": (LIST_SERVICES, "OK"),
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": (LIST_SERVICES, "UNIMPLEMENTED"),
    "/grpc.channelz.v1.Channelz/GetServers": (b"", "PERMISSION_DENIED"),
}


@pytest.mark.parametrize("who", ["nobody", "expired", "unknown", "reader", "fitter"])
@pytest.mark.parametrize("path", BESIDE)
def test_what_stands_beside_the_service_needs_a_token_that_may_read(gateway: Gateway, path: str, who: str) -> None:
    data, allowed = BESIDE[path]
    with grpc.insecure_channel(gateway.address) as channel:
        answers = channel.stream_stream(path)(iter([data]), metadata=metadata(who), timeout=10)
        try:
            told, code = next(answers), "OK"
            answers.cancel()
        except grpc.RpcError as error:
            told, code = b"", error.code().name
    expected = {"reader": allowed, "fitter": "PERMISSION_DENIED"}.get(who, "UNAUTHENTICATED")
    assert code == expected
    assert (DESCRIPTOR.full_name.encode() in told) == (expected == "OK" and "reflection" in path)


@pytest.mark.parametrize("setting", ["open", "off"])
def test_reflection_can_be_open_or_absent(start: Callable[..., Gateway], setting: str) -> None:
    gateway = start(token=TOKENS["admin"], reflection=setting)
    with grpc.insecure_channel(gateway.address) as channel:
        if setting == "open":
            assert DESCRIPTOR.full_name in ProtoReflectionDescriptorDatabase(channel).get_services()
        else:
            with pytest.raises(grpc.RpcError) as refused:
                ProtoReflectionDescriptorDatabase(channel).get_services()
            assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_a_changed_file_of_tokens_is_read_while_the_service_runs(start: Callable[..., Gateway], tmp_path: Path) -> None:
    file = tokens_file(tmp_path)
    gateway = start(tokens_file=file)
    assert call(gateway, "GetServerInfo", "reader", pb.GetServerInfoRequest())[0] == "OK"
    file.write_text(file.read_text().replace('name = "reader"', 'name = "reader"\nexpires = 2020-01-01'))
    assert gateway.server.tokens.refresh()
    assert call(gateway, "GetServerInfo", "reader", pb.GetServerInfoRequest())[0] == "UNAUTHENTICATED"
    file.write_text("[[token]]\nname = 1")
    assert not gateway.server.tokens.refresh()
    assert call(gateway, "GetServerInfo", "admin", pb.GetServerInfoRequest())[0] == "OK"


def test_a_token_has_no_more_calls_under_way_than_it_may(start: Callable[..., Gateway], tmp_path: Path) -> None:
    file = tmp_path / "tokens.toml"
    secret = TOKENS["fitter"]
    file.write_text(f'[[token]]\nname = "fitter"\ntoken = "{secret}"\nscopes = ["fit"]\nmax_calls = 1')
    gateway = start(tokens_file=file)
    path, forever = f"/{DESCRIPTOR.full_name}/Sample", pb.SampleRequest(distribution=NORM, n=10**9)
    with grpc.insecure_channel(gateway.address) as channel:
        stream = channel.unary_stream(path)(forever.SerializeToString(), metadata=metadata("fitter"))
        next(stream)
        code, told = call(gateway, "Evaluate", "fitter", REQUESTS["Evaluate"])
        assert code == "RESOURCE_EXHAUSTED"
        assert b"RetryInfo" in told
        stream.cancel()


def test_a_namespace_keeps_no_more_datasets_than_it_may(start: Callable[..., Gateway]) -> None:
    gateway = start(max_datasets=1)
    assert call(gateway, "RegisterDataset", "nobody", kept("one"))[0] == "OK"
    assert call(gateway, "RegisterDataset", "nobody", kept("two"))[0] == "RESOURCE_EXHAUSTED"
    assert call(gateway, "RegisterDataset", "nobody", kept("one"))[0] == "OK"


def test_summaries_are_of_the_engine(gateway: Gateway) -> None:
    _, told = call(gateway, "GetDataset", "admin", REQUESTS["GetDataset"])
    (column,) = pb.Dataset.FromString(told).columns
    assert isinstance(codec.summary_from_wire(column.summary), ColumnSummary)
