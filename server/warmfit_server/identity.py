"""What makes two questions the same: fingerprints of datasets and keys of fits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib import metadata
from typing import Protocol

import numpy as np
import scipy

from warmfit_fitting.families.custom import Target
from warmfit_fitting.spec import FitSpec


class Named(Protocol):
    """A column's name and the fingerprint of its summary."""

    @property
    def name(self) -> str:
        """The column's name."""
        ...

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its summary."""
        ...


def engine_version(targets: Iterable[Target] = ()) -> str:
    """What the bits of an answer depend on: versions, and the identities of the families that were configured."""
    own = "".join(f", {target} {target.identity}" for target in targets)
    return f"warmfit {metadata.version('warmfit')}, numpy {np.__version__}, scipy {scipy.__version__}{own}"


def dataset_fingerprint(columns: Iterable[Named]) -> str:
    """The fingerprint of named columns: of their names and contents."""
    digest = hashlib.blake2b(digest_size=32)
    for column in columns:
        name = column.name.encode()
        digest.update(len(name).to_bytes(4, "little") + name + bytes.fromhex(column.fingerprint))
    return digest.hexdigest()


def fit_key(namespace: str, fingerprint: str, spec: FitSpec) -> tuple[str, str, FitSpec]:
    """The key under which the rows of a fit are kept; versions and configured families need no place in
    it, because a process has one of each, and keeps its rows no longer than it runs."""
    return namespace, fingerprint, spec
