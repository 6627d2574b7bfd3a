"""Products: the catalogue with its histories, as of any day, and how each product does."""

from projections.complaints import COMPLAINTS_FIGURE
from projections.products import PRODUCTS
from projections.risk import SIGNALS_FIGURE
from projections.sales import CANCEL_RATE, SALES_AMOUNT, SALES_FIGURE
from projections.satisfaction_figures import NPS
from projections.suitability import TARGET_MARKETS
from services.console.ledger_view import History, InForce, LedgerView, Related, Section, Tile, view_of

DECLARED = LedgerView(
    name="products",
    title="Products",
    one="Product",
    about="The catalogue: what is or was on sale, how risky, at what price, for whom.",
    ledger=PRODUCTS,
    kind="product",
    titled_by="name",
    begins="registered_on",
    columns=("category", "subtype", "risk_level", "status", "legal_entity", "issuer", "registered_on"),
    filters=("category", "risk_level", "status", "legal_entity"),
    in_force=(
        InForce("status", "statuses", none="not_yet"),
        InForce("risk_level", "risk_levels"),
        InForce("product_version", "versions"),
    ),
    histories=(
        History("statuses", "Status"),
        History("risk_levels", "Risk level"),
        History("versions", "Versions"),
        History("approvals", "Approvals", ("since", "product_version", "approved")),
        History("positions", "Positions"),
        History("prices", "Price book", ("since", "price_version", "fee_minor", "currency", "rate_bp")),
    ),
    sections=(Section("Target market", TARGET_MARKETS, ("market_version", "valid_from", "market")),),
    tiles=(
        Tile(SALES_FIGURE, "product_id"),
        Tile(SALES_AMOUNT, "product_id", "Amount sold"),
        Tile(CANCEL_RATE, "product_id"),
        Tile(COMPLAINTS_FIGURE, "product_id", permission="read_complaints"),
        Tile(NPS, "product_id"),
        Tile(SIGNALS_FIGURE, "product_id", permission="read_risk"),
    ),
    related=(
        Related("Its sales", "/console/ledgers/sales", "product_id"),
        Related("Who holds it", "/console/ledgers/holdings", "product_id", "read_customers"),
        Related("Complaints about it", "/console/ledgers/complaints", "product_id", "read_complaints"),
        Related("Risk signals about it", "/console/risk", "product_id", "read_risk"),
    ),
)
VIEW = view_of(DECLARED)
