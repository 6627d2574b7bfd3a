"""Closed sets and small types that several families share: money, grades, categories, words.

The event files import from here. A set that only one family uses stands in that family's file.
"""

from typing import Annotated, Literal

from msgspec import Meta

from events.envelope import END, SENT_PATTERN

MinorUnits = Annotated[int, Meta(ge=0, le=10**16)]
"""An amount in the smallest unit of its currency; never negative, the direction is in the event's name."""

SignedMinorUnits = Annotated[int, Meta(ge=-(10**16), le=10**16)]
BasisPoints = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
"""A rate in hundredths of a percent: 325 is 3.25 %."""

Decimal = Annotated[
    str, Meta(min_length=1, max_length=32, extra={SENT_PATTERN: r"^-?[0-9]{1,18}(\.[0-9]{1,12})?" + END})
]
"""A number with decimals, as text: units of a fund, an indicator. Never a float."""

Count = Annotated[int, Meta(ge=0, le=10**9)]
_PRINTABLE = {SENT_PATTERN: r"^[^\x00-\x1f\x7f]*" + END}
Words = Annotated[str, Meta(min_length=1, max_length=500, extra=_PRINTABLE)]
"""A name, a code or a short phrase on one line; never personal data."""

Narrative = Annotated[str, Meta(min_length=1, max_length=30_000)]
"""What a person wrote or said, in full; only ever sealed."""

Detail = Annotated[str, Meta(min_length=1, max_length=500)]
"""One personal detail, such as a name or a telephone number; only ever sealed."""

Reference = Annotated[str, Meta(min_length=1, max_length=300, extra=_PRINTABLE)]
"""Where a document, a recording or a file lies, in the system that keeps it."""

LegalEntity = Annotated[
    str, Meta(min_length=1, max_length=60, extra={SENT_PATTERN: r"^[A-Za-z0-9._-]{1,60}" + END})
]
"""The company that answers to the regulator."""

Region = Annotated[str, Meta(min_length=1, max_length=80, extra=_PRINTABLE)]
Version = Annotated[str, Meta(min_length=1, max_length=40, extra=_PRINTABLE)]

ProductCategory = Literal["deposit", "loan", "investment", "wealth", "payment", "other"]
RiskLevel = Literal["R1", "R2", "R3", "R4", "R5"]
"""Of a product, from low to high."""

RiskGrade = Literal["C1-lowest", "C1", "C2", "C3", "C4", "C5"]
"""Of a customer, from no tolerance at all to high."""

SuitabilityRegime = Literal[
    "cn_wealth", "cn_csrc", "cn_insurance", "mifid_advised", "mifid_non_advised", "none"
]
ProductStatus = Literal["not_yet", "on_sale", "withdrawn"]
ApprovalStatus = Literal["approved", "missing", "revoked"]
ChannelStatus = Literal["not_yet", "contracted", "suspended", "terminated"]
KnownState = Literal["known", "unknown"]

CustomerType = Literal["person", "organisation"]
CustomerClass = Literal["ordinary", "professional"]
AgeBand = Literal["under_30", "30_44", "45_59", "60_64", "65_plus"]

SurveyKind = Literal["NPS", "CSAT", "CES", "AWARENESS", "PULSE", "custom"]
ScaleDirection = Literal["higher_is_better", "lower_is_better"]
SourceKind = Literal["customer", "branch", "call_centre", "online", "partner", "bureau", "register", "import"]
"""Where a piece of information about a customer came from."""
