"""The commands of the suitability desk: what a seller, or a channel's own system, may ask for.

Named in the imperative; their decisions are in the file of each step. Fields are in clear: what is
personal is sealed before it is kept.
"""

import datetime as dt
from typing import Annotated, Literal

from msgspec import Meta

from events.envelope import ChannelId, CustomerId, EmployeeId, ProductId, QuestionnaireId, SaleId
from events.questionnaires import GivenAnswer
from events.suitability_file import Circumstances
from events.vocabulary import Narrative, Reference, Version, Words
from services.desks.deciding import Command


class Check(Command, frozen=True, kw_only=True):
    """Hold a product against a customer, a channel and a seller, and keep the whole file."""

    customer_id: CustomerId
    product_id: ProductId
    channel_id: ChannelId | None = None
    seller_id: EmployeeId | None = None
    circumstances: Circumstances = Circumstances()


class Warn(Command, frozen=True, kw_only=True):
    """Record that the special written warning was given."""

    document: Words
    document_version: Version
    method: Literal["in_person", "post", "electronic"]


class RequestOverride(Command, frozen=True, kw_only=True):
    """Take the customer's written wish to buy although the product does not match."""

    own_initiative: bool
    text: Narrative | None = None


class ConfirmOverride(Command, frozen=True, kw_only=True):
    """Record that the customer confirmed in writing after the warning."""

    warning_shown: bool
    written_ack: bool
    recording_ref: Reference | None = None


class AssessProfile(Command, frozen=True, kw_only=True):
    """Grade a customer from the answers to a published questionnaire."""

    customer_id: CustomerId
    questionnaire_id: QuestionnaireId
    questionnaire_version: Version
    answers: Annotated[tuple[GivenAnswer, ...], Meta(max_length=60)]
    fully_capable: bool = True
    professional: bool = False
    face_to_face: bool = False
    channel_id: ChannelId | None = None
    material_change: Words | None = None


class StartCoolingOff(Command, frozen=True, kw_only=True):
    """Start the period in which the customer may step back, from the signature or the delivery."""

    sale_id: SaleId
    jurisdiction: Words
    began_at: Annotated[dt.datetime, Meta(tz=True)]


class ConfirmCallback(Command, frozen=True, kw_only=True):
    """Record that the customer was rung back, and what came of it."""

    outcome: Literal["confirmed", "not_reached", "doubts"]
    recording_id: Reference | None = None
