"""One process of the load on the service: `python service_load.py ADDRESS ECHO THREADS`.

It fits the benchmark's column once, then carries out lines of its standard input, `service SECONDS` or `echo SECONDS`, in so
many threads, and prints a line of JSON for each: how long the calls took, in seconds, and the errors there were.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable

import grpc

from service_peers import LARGEST
from service_question import question
from warmfit import Client


def called(calls: list[Callable[[], object]], seconds: float) -> tuple[list[float], list[str]]:
    """How long each call took while every thread repeated its own, and what went wrong."""
    took: list[float] = []
    errors: list[str] = []
    together = threading.Barrier(len(calls))

    def repeat(call: Callable[[], object]) -> None:
        own = []
        together.wait()
        until = time.perf_counter() + seconds
        while (start := time.perf_counter()) < until:
            try:
                call()
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")
            own.append(time.perf_counter() - start)
        took.extend(own)

    threads = [threading.Thread(target=repeat, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took, errors


def main(address: str, echo: str, threads: int) -> None:
    with Client(address) as client, grpc.insecure_channel(echo, options=LARGEST) as channel:
        asked = question(client)
        plain = channel.unary_unary("/echo/Unary")
        calls: dict[str, list[Callable[[], object]]] = {
            "service": [lambda: client.fit(asked.ref, asked.config)] * threads,
            "echo": [lambda: plain(asked.request)] * threads,
        }
        print("ready", flush=True)
        for line in sys.stdin:
            what, seconds = line.split()
            took, errors = called(calls[what], float(seconds))
            print(
                json.dumps({"took": [round(t, 6) for t in took], "errors": errors[:3], "failed": len(errors)}),
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
