import time
from concurrent.futures import ThreadPoolExecutor
from importlib import reload
from typing import Any

import pytest
import redis

from bookstore import redis as ours

THREADS = 8


def test_threads_that_come_first_together_share_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    make = redis.Redis.from_url

    def slowly(*arguments: Any, **options: Any) -> redis.Redis:
        time.sleep(0.05)
        return make(*arguments, **options)

    monkeypatch.setattr(redis.Redis, "from_url", slowly)
    fresh = reload(ours)
    with ThreadPoolExecutor(THREADS) as pool:
        clients = list(pool.map(lambda _: fresh.client(), range(THREADS)))
    assert len({id(client) for client in clients}) == 1
