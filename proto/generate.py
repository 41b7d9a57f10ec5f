"""Generates the Python modules of the wire format beside their `.proto`, with the pinned grpcio-tools."""

from __future__ import annotations

import sys
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).parent
SOURCES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("warmfit_proto/v*/*.proto"))


def main() -> int:
    """Write `*_pb2.py`, `*_pb2.pyi` and `*_pb2_grpc.py`; the exit status is the compiler's."""
    well_known = str(resources.files("grpc_tools") / "_proto")
    outputs = [f"--{kind}_out={ROOT}" for kind in ("python", "pyi", "grpc_python")]
    return int(protoc.main(["protoc", f"-I{ROOT}", f"-I{well_known}", *outputs, *SOURCES]))


if __name__ == "__main__":
    sys.exit(main())
