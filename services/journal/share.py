"""What every adapter of the journal does alike with the offsets it is asked to read from; pure."""

from collections.abc import Mapping

from services.errors import JournalIncomplete


def check_starts(starts: Mapping[int, int], begins: Mapping[int, int], ends: Mapping[int, int]) -> None:
    """Raise JournalIncomplete unless each start lies in begins..ends of a partition that exists."""
    for partition, start in starts.items():
        if partition not in ends:
            raise JournalIncomplete(f"the journal has no partition {partition}: it was made anew with fewer")
        if not begins[partition] <= start <= ends[partition]:
            raise JournalIncomplete(
                f"offset {start} of partition {partition} is outside {begins[partition]}..{ends[partition]}:"
                " the journal was trimmed, truncated or made anew; restore it, or rebuild from an archive"
            )


def share_fairly(available: Mapping[int, int], limit: int) -> dict[int, int]:
    """How many records to take of each partition: equal shares, what one leaves over going to the others.

    Partitions that give none are left out; the sum is at most `limit`.
    """
    taken: dict[int, int] = {}
    left = limit
    waiting = sorted(((count, partition) for partition, count in available.items() if count > 0))
    while waiting and left > 0:
        count, partition = waiting.pop(0)
        taken[partition] = min(count, -(-left // (len(waiting) + 1)))
        left -= taken[partition]
    return dict(sorted(taken.items()))
