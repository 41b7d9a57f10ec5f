"""`BackendFactory`: backends by name, and the one that suits a frame."""

from __future__ import annotations

from warmfit.backends.local import LocalBackend
from warmfit.backends.protocol import ExecutionBackend
from warmfit.nearest import did_you_mean
from warmfit.remote.endpoint import TlsLike
from warmfit.sources import open_source
from warmfit.sources.recognize import is_spark_frame
from warmfit_fitting.errors import InvalidInput

_AVAILABLE = ("local", "remote", "spark")


class BackendFactory:
    """Makes backends by name, or the one that is where a frame is: Spark for Spark's, this process for all others."""

    @staticmethod
    def create(
        name: str,
        *,
        max_workers: int | None = None,
        address: str | None = None,
        token: str | None = None,
        timeout: float | None = None,
        tls: TlsLike = None,
        spark: object = None,
    ) -> ExecutionBackend:
        """The backend of that name, with the arguments that its constructor has.

        Raises `InvalidInput` for an unknown name, with those there are, and for an argument of another backend.
        """
        if not BackendFactory.is_available(name):
            raise InvalidInput(
                f"unknown backend {name!r}: {did_you_mean(name, _AVAILABLE)}available: {', '.join(_AVAILABLE)}"
            )
        if name == "local":
            _refuse(name, {"address": address, "token": token, "timeout": timeout, "tls": tls, "spark": spark})
            return LocalBackend(max_workers)
        _refuse(name, {"max_workers": max_workers})
        if name == "spark":
            _refuse(name, {"address": address, "token": token, "timeout": timeout, "tls": tls})
            from warmfit.backends.spark import SparkBackend

            return SparkBackend(spark)
        _refuse(name, {"spark": spark})
        from warmfit.backends.remote import RemoteBackend  # imports gRPC

        return RemoteBackend(address, token, timeout, tls)

    @staticmethod
    def for_dataframe(df: object) -> ExecutionBackend:
        """The backend that fits where the frame is; raises `UnsupportedType` for what cannot be read."""
        open_source(df)
        if is_spark_frame(df):
            return BackendFactory.create("spark", spark=getattr(df, "sparkSession", None))
        return LocalBackend()

    @staticmethod
    def get_available() -> list[str]:
        """The names that `create` takes."""
        return list(_AVAILABLE)

    @staticmethod
    def is_available(name: str) -> bool:
        """Whether `create` takes the name."""
        return name in _AVAILABLE


def _refuse(name: str, others: dict[str, object]) -> None:
    given = [argument for argument, value in others.items() if value is not None]
    if given:
        raise InvalidInput(f"the {name} backend has no {', '.join(given)}; leave it out")
