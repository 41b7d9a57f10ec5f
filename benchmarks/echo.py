"""A plain `grpc.aio` echo in a process of its own, to which the service is compared: `python echo.py PORT`."""

from __future__ import annotations

import asyncio
import sys

import grpc.aio

HOLD = b"hold:"


async def main(port: int) -> None:
    """Serve `/echo/Unary`, which answers the bytes it was told to hold, and `/echo/Stream`, which sends them again."""
    answer = b""

    async def unary(request: bytes, _: grpc.aio.ServicerContext) -> bytes:
        nonlocal answer
        if request.startswith(HOLD):
            answer = request[len(HOLD) :]
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


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
