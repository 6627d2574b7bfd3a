"""Product classes: how a pack groups products by category and subtype for rules that differ between them.

Rules that ask for licences, certificates or an order of steps read their class from here. Pure.
"""

from pydantic import BaseModel, ConfigDict

from events.known import KnownProduct
from events.vocabulary import ProductCategory


class ProductClass(BaseModel):
    """A class: its category, and the subtypes that belong to it (none: every subtype not named elsewhere)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    category: ProductCategory
    subtypes: tuple[str, ...] = ()


ProductClasses = tuple[ProductClass, ...]


def class_of(classes: ProductClasses, product: KnownProduct | None) -> str | None:
    """The class of a product as it was stamped; None if it is unknown or in none of them."""
    if product is None or product.state == "unknown" or product.category is None:
        return None
    rest = None
    for one in classes:
        if one.category != product.category:
            continue
        if product.subtype is not None and product.subtype in one.subtypes:
            return one.name
        if not one.subtypes:
            rest = one.name
    return rest
