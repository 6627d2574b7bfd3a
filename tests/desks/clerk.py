"""A process that decides and relays, and kills itself: `python -m tests.desks.clerk URL POINT N`.

Every clerk is given the same commands under the same ids, as a client is that tries again.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from tests.desks.small_desk import SmallBank

CASES, UPDATES = 3, 6
POINTS = ("before save", "after save", "before append", "after append", "after remembering")


def work(bank: SmallBank) -> None:
    """Open three cases, and tell each customer six times how far we are; carry after each round."""
    cases = [bank.receive(number, command_id=f"open {number}") for number in range(CASES)]
    for update in range(UPDATES):
        for case_id in cases:
            bank.update(case_id, str(update), command_id=f"{case_id} {update}")
        bank.relay.carry()


def plant(bank: SmallBank, point: str, call: int) -> None:
    """Let the process kill itself, without a word, at the `call`-th time that it passes `point`."""
    left = [call]

    def pass_by(here: str) -> None:
        if here == point:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call_real(*arguments: Any) -> Any:
            pass_by(f"before {name}")
            found = real(*arguments)
            pass_by(f"after {name}")
            return found

        return call_real

    bank.storage.save = around("save", bank.storage.save)  # type: ignore[method-assign]
    bank.journal.append = around("append", bank.journal.append)  # type: ignore[method-assign]
    bank.relay._remember = around("remembering", bank.relay._remember)  # type: ignore[method-assign]


def main(url: str, point: str, call: str) -> None:
    """Work until the end or the planted death."""
    bank = SmallBank(url)
    plant(bank, point, int(call))
    work(bank)
    bank.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
