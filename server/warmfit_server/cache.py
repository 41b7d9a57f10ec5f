"""A least-recently-used cache with a budget in bytes and a time to live."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ByteCache(Generic[K, V]):
    """Keeps values up to `budget` bytes in all, the least recently used ones leave first; not for several threads.

    A value that nobody asked for during `ttl` seconds leaves too. `clock`: seconds that never go back.
    """

    def __init__(self, budget: int, ttl: float = math.inf, clock: Callable[[], float] = time.monotonic) -> None:
        self.budget = budget
        self.used = 0
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self._ttl = ttl
        self._clock = clock
        self._held: OrderedDict[K, tuple[V, int, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: K) -> V | None:
        """The value under `key`, or None."""
        self.expire()
        held = self._held.get(key)
        if held is None:
            self.misses += 1
            return None
        self.hits += 1
        value, size, _ = held
        self._held[key] = (value, size, self._clock())
        self._held.move_to_end(key)
        return value

    def put(self, key: K, value: V, size: int) -> None:
        """Keep `value`, which takes `size` bytes, unless it alone exceeds the budget."""
        self.drop(key)
        if size > self.budget:
            return
        self._held[key] = (value, size, self._clock())
        self.used += size
        while self.used > self.budget:
            self._evict()

    def drop(self, key: K) -> None:
        """Forget `key`, if it is there."""
        held = self._held.pop(key, None)
        if held is not None:
            self.used -= held[1]

    def expire(self) -> None:
        """Let go of what nobody has asked for in time; the oldest stand first."""
        if math.isinf(self._ttl):
            return
        limit = self._clock() - self._ttl
        while self._held and next(iter(self._held.values()))[2] < limit:
            self._evict()

    def _evict(self) -> None:
        _, (_, freed, _) = self._held.popitem(last=False)
        self.used -= freed
        self.evictions += 1
