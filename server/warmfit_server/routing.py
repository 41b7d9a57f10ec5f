"""`ShardRouter`: Serve's router by consistent hashing, with the workers of a session in the order of `sharding.py`."""

from __future__ import annotations

from ray.serve._private.common import ReplicaID
from ray.serve.experimental.consistent_hash_router import ConsistentHashRouter

from warmfit_server.sharding import preferred


class ShardRouter(ConsistentHashRouter):
    """Sends each shard of a fit to its worker, and to the next one where that cannot take it."""

    def _lookup_ranked_replicas(self, routing_key: str) -> list[ReplicaID]:
        return preferred(routing_key, self._replica_set_snapshot)
