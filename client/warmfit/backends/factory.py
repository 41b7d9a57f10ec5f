"""`BackendFactory`: backends by name, and the one that suits a frame."""

from __future__ import annotations

from importlib.util import find_spec

from warmfit.backends.local import LocalBackend
from warmfit.backends.protocol import ExecutionBackend
from warmfit.backends.ray import RayBackend
from warmfit.nearest import did_you_mean
from warmfit.remote.endpoint import TlsLike
from warmfit.sources import open_source
from warmfit.sources.elsewhere import is_ray_dataset
from warmfit.sources.recognize import is_spark_frame
from warmfit_fitting.errors import InvalidInput

_NEEDS = {"local": (), "remote": (), "ray": ("ray",), "spark": ("pyspark",)}  # packages a backend cannot be without


class BackendFactory:
    """Makes backends by name, and the one that fits where a frame is."""

    @staticmethod
    def create(
        name: str,
        *,
        max_workers: int | None = None,
        address: str | None = None,
        token: str | None = None,
        timeout: float | None = None,
        tls: TlsLike = None,
        num_cpus: int | None = None,
        spark: object = None,
        spark_session: object = None,
    ) -> ExecutionBackend:
        """The backend of that name, with the arguments that its constructor has; `spark_session` is `spark`.

        Raises `InvalidInput` for an unknown name, with those there are, for one whose packages are not installed, and for an
        argument of another backend.
        """
        if name not in _NEEDS:
            raise InvalidInput(
                f"unknown backend {name!r}: {did_you_mean(name, list(_NEEDS))}there are: {', '.join(_NEEDS)}"
            )
        if not BackendFactory.is_available(name):
            raise InvalidInput(f"the {name} backend is not available; pip install 'warmfit[{name}]'")
        spark = spark_session if spark is None else spark
        of_service = {"token": token, "timeout": timeout, "tls": tls}
        if name == "local":
            _refuse(name, {"address": address, "num_cpus": num_cpus, "spark": spark, **of_service})
            return LocalBackend(max_workers)
        if name == "ray":
            _refuse(name, {"max_workers": max_workers, "spark": spark, **of_service})
            return RayBackend(address, num_cpus)
        _refuse(name, {"max_workers": max_workers, "num_cpus": num_cpus})
        if name == "spark":
            _refuse(name, {"address": address, **of_service})
            from warmfit.backends.spark import SparkBackend

            return SparkBackend(spark)
        _refuse(name, {"spark": spark})
        from warmfit.backends.remote import RemoteBackend  # imports gRPC

        return RemoteBackend(address, token, timeout, tls)

    @staticmethod
    def for_dataframe(df: object) -> ExecutionBackend:
        """The backend that fits where the frame is; raises `UnsupportedType` for what cannot be read."""
        if is_ray_dataset(df):
            return RayBackend()
        open_source(df)
        if is_spark_frame(df):
            return BackendFactory.create("spark", spark=getattr(df, "sparkSession", None))
        return LocalBackend()

    @staticmethod
    def get_available() -> list[str]:
        """The names of the backends whose packages are installed."""
        return [name for name in _NEEDS if BackendFactory.is_available(name)]

    @staticmethod
    def is_available(name: str) -> bool:
        """Whether there is a backend of that name, and the packages that it needs are installed; none is imported."""
        return name in _NEEDS and all(find_spec(package) is not None for package in _NEEDS[name])


def _refuse(name: str, others: dict[str, object]) -> None:
    given = [argument for argument, value in others.items() if value is not None]
    if given:
        raise InvalidInput(f"the {name} backend has no {', '.join(given)}; leave it out")
