"""Channels: who may sell for us, with contracts, licences and products as of any day, and how each does."""

from projections.channels import CHANNELS
from projections.complaints import COMPLAINTS_FIGURE
from projections.risk import SIGNALS_FIGURE
from projections.sales import CANCEL_RATE, SALES_AMOUNT, SALES_FIGURE
from projections.satisfaction_figures import NPS
from services.console.ledger_view import History, InForce, LedgerView, Related, Tile, view_of

DECLARED = LedgerView(
    name="channels",
    title="Channels",
    one="Channel",
    about="Own and partners' channels: under which contract and licence, and which products they may sell.",
    ledger=CHANNELS,
    kind="channel",
    titled_by="name",
    columns=("channel_type", "own", "partner", "status", "legal_entity", "licence_no", "licence_valid_to"),
    filters=("channel_type", "status", "legal_entity"),
    in_force=(
        InForce("status", "statuses", none="not_yet"),
        InForce("licence_valid_to", "contracts", "licence_until"),
    ),
    histories=(
        History("statuses", "Status"),
        History("contracts", "Contracts and licences", ("since", "until", "licence_until", "all_products")),
        History("products", "Products it may sell", ("since", "product_id", "granted", "until")),
        History("policies", "Commission policies", ("since", "policy_id", "policy_version", "rates")),
    ),
    tiles=(
        Tile(SALES_FIGURE, "channel_id"),
        Tile(SALES_AMOUNT, "channel_id", "Amount sold"),
        Tile(CANCEL_RATE, "channel_id"),
        Tile(NPS, "channel_id"),
        Tile(COMPLAINTS_FIGURE, "channel_id", permission="read_complaints"),
        Tile(SIGNALS_FIGURE, "channel_id", permission="read_risk"),
    ),
    related=(
        Related("Its sales", "/console/ledgers/sales", "channel_id"),
        Related("Contacts through it", "/console/ledgers/interactions", "channel_id"),
        Related("Complaints about it", "/console/ledgers/complaints", "channel_id", "read_complaints"),
        Related("Risk signals about it", "/console/risk", "channel_id", "read_risk"),
    ),
    refers={"product_id": "products"},
)
VIEW = view_of(DECLARED)
