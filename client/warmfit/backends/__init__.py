"""Where fits run: what turns summaries and specs into rows, wherever the summaries come from."""

from __future__ import annotations

from warmfit.backends.factory import BackendFactory
from warmfit.backends.local import LocalBackend
from warmfit.backends.protocol import ExecutionBackend, FitTask, OnRow
from warmfit.backends.ray import RayBackend

__all__ = ["BackendFactory", "ExecutionBackend", "FitTask", "LocalBackend", "OnRow", "RayBackend"]
