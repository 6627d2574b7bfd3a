"""Stored bytes of older versions are read as events of today. One golden file per older version."""

import datetime as dt
from pathlib import Path

from events.catalogue import CATALOGUE
from events.codec import decode
from events.complaints import ComplaintReceived
from events.envelope import ChannelId, ComplaintId, Position, ProductId
from events.upcasters import complaint_received_v1_to_v2

GOLDEN = Path(__file__).parent / "golden"
HERE = Position(0, 3, 7)


def test_every_older_version_has_golden_bytes() -> None:
    older = {f"{t.name}.v{version}.json" for t in CATALOGUE for version in range(1, t.version)}
    assert {path.name for path in GOLDEN.glob("*.json")} == older


def test_a_complaint_of_version_1_is_read_as_one_of_today() -> None:
    stored = (GOLDEN / "complaint.received.v1.json").read_bytes()
    entry = decode(stored, HERE, dt.UTC)
    assert entry.version == 1
    assert entry.event == ComplaintReceived(
        complaint_id=ComplaintId("crm:81"),
        legal_entity="GB-1",
        received_by="own",
        channel_id=ChannelId("crm:phone"),
        product_id=ProductId("crm:fund-2"),
        issue="Fee not explained",
        region="GB-LND",
        text="siv1.a2V5.complaint.received.text.Y2lwaGVy",  # type: ignore[arg-type]
    )
    assert entry.envelope.dataschema == "urn:daybook:complaint.received:1"


def test_who_received_it_is_told_from_how_it_came() -> None:
    stated = {"complaint_id": "crm:81", "legal_entity": "GB-1", "issue": "fee"}
    assert complaint_received_v1_to_v2({**stated, "via": "ombudsman"}) == {
        **stated,
        "received_by": "ombudsman",
    }
    assert complaint_received_v1_to_v2({**stated, "via": "branch"}) == {
        **stated,
        "received_by": "own",
        "channel_id": "crm:branch",
    }


def test_an_upcaster_leaves_its_input_alone() -> None:
    stated = {"complaint_id": "crm:81", "via": "partner"}
    complaint_received_v1_to_v2(stated)
    assert stated == {"complaint_id": "crm:81", "via": "partner"}
