"""Samples where they are wanted: a pandas frame, Parquet files, a Spark DataFrame, a Ray Dataset.

Row i depends on the seed and i alone, so that every place and every number of partitions gives the same rows.
"""

from __future__ import annotations

from warmfit.sampling.distributed import sample_distributed

__all__ = ["sample_distributed"]
