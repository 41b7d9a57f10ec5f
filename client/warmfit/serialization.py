"""Files of results: which format a path means, how a document is written whole or not at all, and read.

What a document says of a result or a collection is in `documents.py`; this module knows formats, versions and
disks.
"""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast
from uuid import uuid4

from warmfit.version import __version__
from warmfit_fitting.errors import MissingFile, SerializationError
from warmfit_fitting.families.every import AnyScipy

SCHEMA_VERSION = "2.0"
LIBRARY = "warmfit"
FORMATS = {".json": "json", ".pkl": "pickle", ".pickle": "pickle"}

Format: TypeAlias = Literal["json", "pickle"]
Document: TypeAlias = dict[str, Any]
Custom: TypeAlias = Mapping[str, AnyScipy]
PathLike: TypeAlias = "str | os.PathLike[str]"


def write(path: PathLike, kind: str, body: Document, form: Format | None, indent: int | None, custom: Custom) -> None:
    """Write a document of this kind, replacing the file at `path` only once it is complete.

    JSON names the `custom` families and a pickle holds them. Raises `SerializationError` where nothing could
    be written.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "library": LIBRARY,
        "library_version": __version__,
        "created_at": datetime.now(UTC).isoformat(),
        "type": kind,
        **body,
    }
    try:
        if _format(path, form) == "json":
            data = json.dumps(document, indent=indent, allow_nan=False, ensure_ascii=False).encode()
        else:
            data = pickle.dumps({"document": document, "custom": dict(custom)})
    except (TypeError, ValueError, AttributeError, pickle.PicklingError) as error:
        raise SerializationError(f"{path} was not written: {error}") from error
    _replace(Path(path), data)


def check_destination(path: PathLike) -> None:
    """Raise `SerializationError` for what would keep a document from being written at `path`, before it is made."""
    _format(path, None)
    folder = Path(path).parent
    if not folder.is_dir():
        raise SerializationError(f"{path} cannot be written: there is no directory {folder}")


def read(
    path: PathLike, kind: str, form: Format | None, allow_pickle: bool, custom: Custom
) -> tuple[Document, dict[str, AnyScipy]]:
    """The document of this kind at `path`, and the custom families known to it.

    A pickle runs code when it is read, so that takes `allow_pickle=True`. Raises `SerializationError` for a
    file that is missing, cut short, of another kind, or of a version that this one does not know.
    """
    known = dict(custom)
    data = _bytes(path)
    if _format(path, form) == "json":
        document = _parse_json(path, data)
    else:
        if not allow_pickle:
            raise SerializationError(
                f"{path} is a pickle, which can run any code when it is read; if you trust its source, "
                "load it with allow_pickle=True, or save it as .json"
            )
        document, held = _parse_pickle(path, data)
        known = {**held, **known}
    _check(path, document, kind)
    return document, known


def is_foreign(document: Document) -> bool:
    """Whether a document was written by spark-bestfit (schema 1.x) and not by this library."""
    return str(document["schema_version"]).startswith("1.")


def _format(path: PathLike, form: Format | None) -> str:
    if form is not None:
        if form not in FORMATS.values():
            raise SerializationError(f"unknown format {form!r}; expected 'json' or 'pickle'")
        return form
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise SerializationError(
            f"{path} has the suffix {suffix!r}; expected {', '.join(FORMATS)}, or give format='json'"
        )
    return FORMATS[suffix]


def _replace(path: Path, data: bytes) -> None:
    """Put `data` at `path` in one step, with the permissions that a new file gets."""
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with open(part, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SerializationError(f"{path} was not written: {error.strerror or error}") from error


def _bytes(path: PathLike) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise MissingFile(f"{path} cannot be read: {error.strerror}") from error
    except OSError as error:
        raise SerializationError(f"{path} cannot be read: {error.strerror or error}") from error


def _parse_json(path: PathLike, data: bytes) -> Document:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SerializationError(f"{path} is not JSON, or is cut short: {error}") from error
    return _object(path, document)


def _parse_pickle(path: PathLike, data: bytes) -> tuple[Document, dict[str, AnyScipy]]:
    try:
        content = pickle.loads(data)
    except Exception as error:  # a damaged pickle raises anything
        raise SerializationError(f"{path} is not a pickle of this library, or is cut short: {error!r}") from error
    if not isinstance(content, dict) or not {"document", "custom"} <= content.keys():
        raise SerializationError(f"{path} is a pickle of something else ({type(content).__name__})")
    return _object(path, content["document"]), cast("dict[str, AnyScipy]", content["custom"])


def _object(path: PathLike, document: object) -> Document:
    if not isinstance(document, dict):
        raise SerializationError(f"{path} holds a {type(document).__name__}; expected an object with schema_version")
    return document


def _check(path: PathLike, document: Document, kind: str) -> None:
    version = document.get("schema_version")
    if not isinstance(version, str):
        raise SerializationError(f"{path} has no schema_version; it was not written by {LIBRARY} or spark-bestfit")
    if version.split(".")[0] not in ("1", SCHEMA_VERSION.split(".")[0]):
        raise SerializationError(
            f"{path} has schema_version {version!r}; this version reads {SCHEMA_VERSION} and 1.x, so update {LIBRARY}"
        )
    found = document.get("type", "distribution_fit_result" if is_foreign(document) else None)
    if found != kind:
        raise SerializationError(f"{path} holds a {found}; expected a {kind}")
