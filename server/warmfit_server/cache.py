"""A least-recently-used cache with a budget in bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ByteCache(Generic[K, V]):
    """Keeps values up to `budget` bytes in all, the least recently used ones leave first; not for several threads."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.used = 0
        self.hits = 0
        self.misses = 0
        self._held: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: K) -> V | None:
        """The value under `key`, or None."""
        held = self._held.get(key)
        if held is None:
            self.misses += 1
            return None
        self.hits += 1
        self._held.move_to_end(key)
        return held[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep `value`, which takes `size` bytes, unless it alone exceeds the budget."""
        self.drop(key)
        if size > self.budget:
            return
        self._held[key] = (value, size)
        self.used += size
        while self.used > self.budget:
            _, (_, freed) = self._held.popitem(last=False)
            self.used -= freed

    def drop(self, key: K) -> None:
        """Forget `key`, if it is there."""
        held = self._held.pop(key, None)
        if held is not None:
            self.used -= held[1]
