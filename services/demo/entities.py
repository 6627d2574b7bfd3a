"""The five companies of the bank group: where they are, in what currency and time zone they do business.

Three of them are there for their complaint clocks. Everything else in the demo asks here.
"""

from typing import NamedTuple

from services.demo import numbers


class Entity(NamedTuple):
    """A company that answers to a regulator. `rate` is how many CNY one unit of its currency is worth."""

    code: str
    share: float
    currency: str
    zone: str
    rate: float
    language: str
    country: str
    complaint_regime: str


ENTITIES: tuple[Entity, ...] = (
    Entity("demo-cn", 0.60, "CNY", "Asia/Shanghai", 1.0, "zh", "CN", "cn_nfra"),
    Entity("demo-gb", 0.20, "GBP", "Europe/London", 9.2, "en", "GB", "uk_disp"),
    Entity("demo-eu", 0.08, "EUR", "Europe/Berlin", 7.8, "de", "DE", "eu_psd2"),
    Entity("demo-us", 0.08, "USD", "America/New_York", 7.1, "en", "US", "us_cfpb"),
    Entity("demo-au", 0.04, "AUD", "Australia/Sydney", 4.7, "en", "AU", "au_rg271"),
)
BY_CODE = {entity.code: entity for entity in ENTITIES}
HOME = ENTITIES[0]
ZONE = HOME.zone
"""The journal's zone: where most of the bank's days begin and end."""

assert abs(sum(entity.share for entity in ENTITIES) - 1) < 1e-9
assert set(numbers.BRANCHES_OF_ENTITIES) == set(BY_CODE)


def minor(amount_cny: float, entity: Entity) -> int:
    """An amount in CNY as minor units of the entity's currency, rounded to tens as people do."""
    return max(1, round(amount_cny / entity.rate / 10)) * 1_000


def in_cny(amount_minor: int, entity: Entity) -> float:
    """Minor units of the entity's currency in CNY."""
    return amount_minor / 100 * entity.rate
