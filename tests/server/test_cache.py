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
