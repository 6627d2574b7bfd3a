"""Sales targets of the year: for each company, its units and its sellers.

Set so that the bank reaches 97 %, that the units' targets are 105 % of the bank's, and that sellers spread
as they do in practice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from services.demo import numbers
from services.demo.chance import Chance
from services.demo.diary import PLANNING, Diary, named
from services.demo.entities import ENTITIES, Entity
from services.demo.steps import Sale
from services.demo.year import DAY, Year


def plan(diary: Diary, seed: int, year: Year, sales: Sequence[Sale]) -> None:
    """Note the targets, twenty days before the year begins."""
    chance = Chance(seed, "targets")
    ours = [sale for sale in sales if year.first <= sale.day <= year.last]
    for entity in ENTITIES:
        mine = [sale for sale in ours if sale.customer.entity is entity]
        if mine:
            _plan_entity(_Writer(diary, year, entity), chance, mine)


class _Writer:
    def __init__(self, diary: Diary, year: Year, entity: Entity) -> None:
        self.diary = diary
        self.year = year
        self.entity = entity
        self.whole = f"{entity.code}/whole"

    def write(self, level: str, of: str | None, value: float) -> None:
        """Note one target in the entity's currency."""
        self.diary.note(
            PLANNING, "sales_target.set", self.year.first - 20 * DAY,
            plan_id=named("plan", self.entity.code), target_id=self.whole if of is None else f"{level}/{of}",
            level=level, of=of, legal_entity=self.entity.code, metric="sales_amount", value=round(value),
            currency=self.entity.currency, period_from=self.year.first, period_to=self.year.last,
            parent_target_id=None if of is None else self.whole,
        )  # fmt: skip


def _plan_entity(writer: _Writer, chance: Chance, sales: Sequence[Sale]) -> None:
    whole = sum(sale.amount_minor for sale in sales) / numbers.ATTAINMENT
    writer.write("org", None, whole)
    units = _sums((sale.order.unit.id, sale.amount_minor) for sale in sales)
    wished = {unit: amount * chance.uniform(0.9, 1.1) for unit, amount in units.items()}
    stretch = numbers.BRANCHES_OF_BANK * whole / (sum(wished.values()) or 1)
    for unit, amount in wished.items():
        writer.write("team", unit, amount * stretch)
    sellers = _sums((sale.order.seller.id, sale.amount_minor) for sale in sales if sale.order.seller)
    reached = _attainments(chance, len(sellers))
    for (seller, amount), share in zip(sellers.items(), reached, strict=True):
        writer.write("person", seller, amount / share)


def _attainments(chance: Chance, count: int) -> list[float]:
    """What sellers reach: a fifth well above, a quarter well below, in no order."""
    above, below = round(count * numbers.SELLERS_ABOVE), round(count * numbers.SELLERS_BELOW)
    reached = [chance.uniform(1.10, 1.35) for _ in range(above)]
    reached += [chance.uniform(0.55, 0.79) for _ in range(below)]
    reached += [chance.uniform(0.81, 1.09) for _ in range(count - above - below)]
    chance.shuffle(reached)
    return reached


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Totals by key, in the order of the keys."""
    found: defaultdict[str, int] = defaultdict(int)
    for key, amount in pairs:
        found[key] += amount
    return {key: found[key] for key in sorted(found)}
