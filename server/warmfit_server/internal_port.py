"""Serve's own port in every replica, on loopback.

Through it Serve passes pickled calls between replicas where it is told to use gRPC for that, which it is not here: calls
go through Ray. It opens the port all the same, on all interfaces and without credentials, and what it is sent there
it unpickles. There is no setting for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

EVERYWHERE, LOOPBACK = "[::]:0", "127.0.0.1:0"


def keep_internal_port_on_loopback() -> None:
    """Have the replica of this process open its port on loopback; called while the replica is made, before it opens."""
    replica: Any = import_module("ray.serve._private.replica")
    opened = replica.add_port_to_grpc_server

    def open_on_loopback(server: Any, address: str) -> Any:
        return opened(server, LOOPBACK if address == EVERYWHERE else address)

    replica.add_port_to_grpc_server = open_on_loopback
