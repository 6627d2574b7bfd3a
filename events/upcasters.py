"""Upcasters: the `data` of an older version as the data of the next. Pure, dict to dict, one per step.

`decode` chains them (the catalogue says which belong to which type); the journal keeps what was sent.
Each has a golden file of stored bytes in tests/events/golden/.
"""

from typing import Any

_RECEIVER_OF_VIA = {"regulator": "regulator", "ombudsman": "ombudsman", "partner": "partner"}


def complaint_received_v1_to_v2(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had one word, `via`, for both who received the complaint and how it came.

    `regulator`, `ombudsman` and `partner` were receivers. Every other word was one of our own channels,
    registered under the namespace of the complaint: `via: "phone"` of `crm:81` is the channel `crm:phone`.
    """
    changed = {name: value for name, value in data.items() if name != "via"}
    via: str = data["via"]
    receiver = _RECEIVER_OF_VIA.get(via)
    changed["received_by"] = receiver or "own"
    if receiver is None:
        namespace = str(data["complaint_id"]).partition(":")[0]
        changed["channel_id"] = f"{namespace}:{via}"
    return changed
