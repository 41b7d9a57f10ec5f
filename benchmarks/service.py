"""What a call to the service costs, as ratios to a plain `grpc.aio` echo of the same bytes in the same run.

make bench-service
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import grpc
import grpc.aio
import numpy as np

from warmfit import Client, DistributionFitter, FitterConfig
from warmfit.cli.own_service import own_service
from warmfit_proto import codec
from warmfit_proto.v1 import fitting_pb2 as pb
from warmfit_proto.v1 import fitting_pb2_grpc

ROUNDS, PER_ROUND = 20, 50
COLUMN = Path(__file__).parents[1] / "tests" / "data" / "danish.csv"


def echo(port: int) -> None:
    """Serve `/echo/Unary`, which answers the bytes it holds, and `/echo/Stream`, which sends them over and over."""

    async def main() -> None:
        answer = b""

        async def unary(request: bytes, _: grpc.aio.ServicerContext) -> bytes:
            nonlocal answer
            if request.startswith(b"hold:"):
                answer = request[5:]
            return answer

        async def stream(request: bytes, context: grpc.aio.ServicerContext) -> None:
            for _ in range(int(request)):
                await context.write(answer)

        server = grpc.aio.server(options=[("grpc.max_receive_message_length", -1)])
        methods = {
            "Unary": grpc.unary_unary_rpc_method_handler(unary),
            "Stream": grpc.unary_stream_rpc_method_handler(stream),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("echo", methods),))
        server.add_insecure_port(f"127.0.0.1:{port}")
        await server.start()
        print("ready", flush=True)
        await server.wait_for_termination()

    asyncio.run(main())


def quantiles(calls: dict[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """p50 and p99 in seconds of each call, the calls of a round in turn, so that drift hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            for _ in range(PER_ROUND):
                start = time.perf_counter()
                call()
                times[name].append(time.perf_counter() - start)
    return {name: (statistics.median(t), float(np.quantile(t, 0.99))) for name, t in times.items()}


def throughput(chunks: Callable[[], object]) -> float:
    """Bytes per second of a stream of protobuf or plain chunks."""
    start, total = time.perf_counter(), 0
    for chunk in chunks():  # type: ignore[attr-defined]
        total += len(chunk) if isinstance(chunk, bytes) else 8 * len(chunk)
    return total / (time.perf_counter() - start)


def measure(address: str, echo_port: int) -> None:
    """Print the ratios."""
    x = np.loadtxt(COLUMN, skiprows=1)
    floor = grpc.insecure_channel(f"127.0.0.1:{echo_port}", options=[("grpc.max_receive_message_length", -1)])
    plain_echo, plain_stream = floor.unary_unary("/echo/Unary"), floor.unary_stream("/echo/Stream")
    with Client(address) as client, grpc.insecure_channel(address) as channel:
        config = FitterConfig()
        ref = client.put(x, ["value"], name="bench")
        fitter = DistributionFitter(address)
        start = time.perf_counter()
        results = fitter.fit(ref, config=config)
        first = time.perf_counter() - start

        stub = fitting_pb2_grpc.FittingServiceStub(channel)
        summary = results.columns[0].summary
        assert summary is not None
        spec = codec.spec_to_wire(results.columns[0].spec)
        question = pb.FitRequest(tasks=[pb.FitTask(fingerprint=summary.fingerprint, spec=spec)])
        answer = stub.Fit(question).SerializeToString()
        plain_echo(b"hold:" + answer)
        asked = question.SerializeToString()
        took = quantiles(
            {
                "echo": lambda: plain_echo(asked),
                "service, generated stub": lambda: stub.Fit(question),
                "service, SDK": lambda: fitter.fit(ref, config=config),
                "service, SDK, best()": lambda: fitter.fit(ref, config=config).best(),
            }
        )
        p50, p99 = took["echo"]
        print(f"first fit of {len(results)} families: {first:.2f} s")
        print(f"plain grpc.aio echo of the same {len(answer)} bytes: p50 {p50 * 1e3:.3f} ms, p99 {p99 * 1e3:.3f} ms")
        for name, (a, b) in took.items():
            print(f"{name:26s} p50 {a / p50:6.2f} x   p99 {b / p99:6.2f} x")

        plain_echo(b"hold:" + bytes(1 << 20))
        n = 128 << 17
        sample = throughput(lambda: client.sample(results.for_column("value").best()[0], n, seed=1))
        plain = throughput(lambda: plain_stream(b"128"))
        print(f"sample of the best fit in 1 MiB chunks: {sample / plain:.2f} x the bytes per second of a plain stream")
    floor.close()


def main() -> None:
    if len(sys.argv) > 1:
        echo(int(sys.argv[1]))
        return
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([sys.executable, __file__, str(port)], stdout=subprocess.PIPE, text=True) as echoing:
        try:
            assert echoing.stdout is not None
            assert "ready" in echoing.stdout.readline()
            with own_service(lambda line: print(f"  {line}", file=sys.stderr)) as address:
                measure(address, port)
        finally:
            echoing.terminate()


if __name__ == "__main__":
    main()
