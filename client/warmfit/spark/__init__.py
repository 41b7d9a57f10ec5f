"""Spark: columns summarized where they are, batches of a stream appended to a service's dataset, results as a frame."""

from __future__ import annotations
