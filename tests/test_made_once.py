"""A part is made once, even if threads ask for it together; and a part may need another one."""

import threading
from collections import Counter

from services.made_once import made_once


class Parts:
    """Two parts, one of which needs the other; each lets other threads in while it is made."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.asking = threading.Barrier(8)
        self.others_run = threading.Event()

    @made_once
    def inner(self) -> object:
        self.made["inner"] += 1
        self.others_run.wait(0.05)
        return object()

    @made_once
    def outer(self) -> tuple[object]:
        self.made["outer"] += 1
        self.others_run.wait(0.05)
        return (self.inner,)


def test_threads_that_ask_together_get_the_same_part() -> None:
    parts, found = Parts(), list[object]()

    def ask(name: str) -> None:
        parts.asking.wait(10)
        part = getattr(parts, name)
        found.append(part[0] if isinstance(part, tuple) else part)

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("inner", "outer") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert parts.made == {"inner": 1, "outer": 1}
    assert len(found) == 8
    assert {id(one) for one in found} == {id(parts.inner)}


def test_a_part_that_was_made_stands_in_its_owner() -> None:
    parts = Parts()
    assert "inner" not in parts.__dict__
    assert parts.inner is parts.__dict__["inner"]
