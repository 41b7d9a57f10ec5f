from __future__ import annotations

from warmfit_server.cache import ByteCache


def test_the_least_recently_used_leave_when_bytes_run_out() -> None:
    cache = ByteCache[str, int](10)
    for name in "abc":
        cache.put(name, ord(name), 4)
        cache.get("a")
    assert cache.get("b") is None
    assert (cache.get("a"), cache.get("c")) == (97, 99)
    assert cache.used == 8


def test_a_value_over_the_budget_is_not_kept_and_replaces_its_elder() -> None:
    cache = ByteCache[str, int](10)
    cache.put("a", 1, 4)
    cache.put("a", 2, 11)
    assert cache.get("a") is None
    assert (len(cache), cache.used) == (0, 0)


def test_the_same_key_counts_once() -> None:
    cache = ByteCache[str, int](10)
    cache.put("a", 1, 8)
    cache.put("a", 2, 9)
    assert (cache.get("a"), cache.used) == (2, 9)


def test_what_nobody_asks_for_in_time_leaves_and_what_is_asked_for_stays() -> None:
    now = [0.0]
    cache = ByteCache[str, int](100, ttl=10.0, clock=lambda: now[0])
    cache.put("asked", 1, 1)
    cache.put("forgotten", 2, 1)
    now[0] = 9.0
    assert cache.get("asked") == 1
    now[0] = 11.0
    assert cache.get("forgotten") is None
    assert cache.get("asked") == 1
    assert (cache.used, cache.evictions) == (1, 1)


def test_evictions_for_want_of_room_are_counted() -> None:
    cache = ByteCache[str, int](2)
    for name in "abc":
        cache.put(name, 0, 1)
    assert (cache.evictions, len(cache), cache.used) == (1, 2, 2)
