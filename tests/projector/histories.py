"""Random histories for the projector's tests: customers, sales, cancellations, copies, corrections, junk."""

import random
from collections.abc import Sequence

import msgspec

from events import codec
from events.customers import CustomerDied, CustomerRegistered
from events.envelope import CustomerId, ProductId, SaleId
from events.event_type import EntryRef
from events.sales import SaleCancelled, SaleConfirmed, SaleCorrected, SaleVoided
from services.journal.port import Record
from tests.projector.shop import record

SOURCE = "urn:test:branch"
SALE_CONFIRMED = "urn:daybook:sale.confirmed:1"


def history(seed: int, events: int, *, customers: int = 12) -> list[Record]:
    """About `events` records in the order in which they were appended, with second copies and bad bytes."""
    chance = random.Random(seed)
    records: list[Record] = []
    confirmed: list[tuple[CustomerId, SaleConfirmed, str]] = []
    corrections: list[tuple[CustomerId, str]] = []
    for number in range(events):
        customer = CustomerId(f"shop:{chance.randrange(customers)}")
        subject, name, day = f"customer/{customer}", f"e{number}", chance.randrange(90)
        kind = chance.choices(
            ("register", "sale", "cancel", "copy", "correct", "void", "die", "junk"),
            (12, 45, 14, 10, 8, 6, 1, 2),
        )[0]
        if kind == "register":
            entity = chance.choice(("bank-a", "bank-b"))
            event = CustomerRegistered(customer_id=customer, customer_type="person", legal_entity=entity)
            records.append(record(event, subject, name, day=day))
        elif kind == "sale":
            sale = sale_of(customer, f"shop:s{number}", chance.randrange(1, 500) * 100, chance)
            confirmed.append((customer, sale, name))
            records.append(record(sale, subject, name, day=day))
        elif kind == "cancel" and confirmed:
            customer, sale, _ = chance.choice(confirmed)
            cancelled = SaleCancelled(
                sale_id=sale.sale_id, customer_id=customer, within_cooling_off=chance.random() < 0.5
            )
            records.append(record(cancelled, f"customer/{customer}", name, day=day))
        elif kind == "copy" and records:
            records.append(chance.choice(records))
        elif kind == "correct" and confirmed:
            customer, sale, original = chance.choice(confirmed)
            target = original
            mine = [name for owner, name in corrections if owner == customer]
            if mine and chance.random() < 0.3:
                target = chance.choice(mine)
            fixed = sale_of(customer, sale.sale_id, chance.randrange(1, 500) * 100, chance)
            records.append(corrected(customer, fixed, target, name, day))
            corrections.append((customer, name))
        elif kind == "void" and confirmed:
            customer, _, original = chance.choice(confirmed)
            mine = [name for owner, name in corrections if owner == customer]
            target = chance.choice(mine) if mine and chance.random() < 0.5 else original
            voided = SaleVoided(customer_id=customer, voids=EntryRef(SOURCE, target), reason="entered twice")
            records.append(record(voided, f"customer/{customer}", name, day=day))
        elif kind == "die":
            records.append(record(CustomerDied(customer_id=customer), subject, name, day=day))
        elif kind == "junk":
            records.append(Record(subject.encode(), b'{"not": "an event"'))
    return records


def sale_of(customer: CustomerId, sale_id: str, amount_minor: int, chance: random.Random) -> SaleConfirmed:
    """A sale of one of three products."""
    return SaleConfirmed(
        sale_id=SaleId(sale_id),
        customer_id=customer,
        legal_entity="bank-a",
        product_id=ProductId(f"shop:p{chance.randrange(3)}"),
        amount_minor=amount_minor,
        currency="CNY",
    )


def corrected(customer: CustomerId, fact: SaleConfirmed, target: str, name: str, day: int) -> Record:
    """A correction of the entry `target` that states `fact` in its place."""
    change = SaleCorrected(
        customer_id=customer,
        corrects=EntryRef(SOURCE, target),
        fact_type="sale.confirmed",
        fact_schema=SALE_CONFIRMED,
        fact=msgspec.Raw(codec.encode_json(fact)),
        reason="typing error",
    )
    return record(change, f"customer/{customer}", name, day=day)


def doubled(records: Sequence[Record]) -> list[Record]:
    """Every record twice, the copy some way behind."""
    result: list[Record] = []
    for index, one in enumerate(records):
        result.append(one)
        if index >= 7:
            result.append(records[index - 7])
    return [*result, *records[-7:]]


def interleaved(records: Sequence[Record], seed: int) -> list[Record]:
    """The same records in another order between subjects; each subject's own order stays."""
    chance = random.Random(seed)
    waiting: dict[bytes, list[Record]] = {}
    for one in records:
        waiting.setdefault(one.key, []).append(one)
    result: list[Record] = []
    while waiting:
        key = chance.choice(list(waiting))
        result.append(waiting[key].pop(0))
        if not waiting[key]:
            del waiting[key]
    return result
