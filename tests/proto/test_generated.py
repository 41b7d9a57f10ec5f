from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "proto"


@pytest.mark.parametrize("name", ["fitting_pb2.py", "fitting_pb2.pyi", "fitting_pb2_grpc.py"])
def test_generated_code_is_what_the_proto_generates(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT, tmp_path / "proto", ignore=shutil.ignore_patterns("*_pb2*", "__pycache__"))
    subprocess.run([sys.executable, "generate.py"], cwd=tmp_path / "proto", check=True)
    fresh = tmp_path / "proto" / "warmfit_proto" / "v1" / name
    assert fresh.read_text() == (ROOT / "warmfit_proto" / "v1" / name).read_text(), "run `make proto`"
