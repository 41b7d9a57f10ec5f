from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from warmfit_server.sharding import preferred, session


@dataclass(frozen=True)
class Named:
    unique_id: str


def replicas(count: int) -> list[Named]:
    return [Named(f"r{i}") for i in range(count)]


def first(key: str, shard: int, among: list[Named]) -> Named:
    return preferred(session(key, shard), among)[0]


def test_shards_of_one_dataset_go_to_different_workers_and_always_to_the_same() -> None:
    four = replicas(4)
    firsts = [first("ours:abc", shard, four) for shard in range(4)]
    assert len(set(firsts)) == 4
    assert firsts == [first("ours:abc", shard, four[::-1]) for shard in range(4)]
    assert first("ours:abc", 4, four) == firsts[0]


def test_a_shard_has_every_worker_to_fall_back_on() -> None:
    four = replicas(4)
    for shard in range(6):
        assert set(preferred(session("k", shard), four)) == set(four)
    assert preferred(session("k", 3), []) == []
    assert preferred("a request without a session", four)


def test_when_a_worker_leaves_only_its_datasets_move() -> None:
    five, keys = replicas(5), [f"k{i}" for i in range(1000)]
    moved = [key for key in keys if first(key, 0, five) != first(key, 0, five[1:])]
    assert moved
    assert all(first(key, 0, five) == five[0] for key in moved)


def test_datasets_are_spread_evenly() -> None:
    counts = Counter(first(f"k{i}", 0, replicas(4)) for i in range(4000))
    assert all(900 < count < 1100 for count in counts.values())
