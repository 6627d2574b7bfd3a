"""People: employees with places, licences and certificates as of any day, and the units they stand in.

Staff names are personal data: the ledger holds them sealed, and pages show that there is one.
"""

from projections.complaints import COMPLAINTS_FIGURE
from projections.people import EMPLOYEES, ORG_UNITS
from projections.risk import SIGNALS_FIGURE
from projections.sales import CANCEL_RATE, SALES_AMOUNT, SALES_FIGURE
from projections.satisfaction_figures import NPS
from services.console.ledger_view import History, InForce, LedgerView, Related, Tile, view_of

_TOGETHER = (("People", "/console/people"), ("Units", "/console/units"))
_PERMITTED = ("since", "name", "granted", "until")


def _tiles(by: str) -> tuple[Tile, ...]:
    return (
        Tile(SALES_FIGURE, by),
        Tile(SALES_AMOUNT, by, "Amount sold"),
        Tile(CANCEL_RATE, by),
        Tile(NPS, by),
        Tile(COMPLAINTS_FIGURE, by, permission="read_complaints"),
        Tile(SIGNALS_FIGURE, by, permission="read_risk"),
    )


EMPLOYEES_DECLARED = LedgerView(
    name="people",
    title="People",
    one="Employee",
    about="Employees: in which unit and role, with which licences and certificates. Names are sealed.",
    ledger=EMPLOYEES,
    kind="employee",
    begins="hired_on",
    columns=("role", "unit_id", "standing", "legal_entity", "hired_on", "last_day"),
    filters=("standing", "role", "unit_id", "legal_entity"),
    in_force=(
        InForce("unit_id", "places", "unit_id"),
        InForce("role", "places", "role"),
        InForce("standing", "standings", none="not_yet"),
    ),
    histories=(
        History("places", "Places", ("since", "unit_id", "role")),
        History("standings", "Standing"),
        History("licences", "Licences", _PERMITTED),
        History("certificates", "Certificates", _PERMITTED),
    ),
    tiles=_tiles("seller_id"),
    related=(
        Related("Sales", "/console/ledgers/sales", "seller_id"),
        Related("Contacts", "/console/ledgers/interactions", "employee_id"),
        Related(
            "Complaints about this seller", "/console/ledgers/complaints", "seller_id", "read_complaints"
        ),
        Related("Risk signals", "/console/risk", "seller_id", "read_risk"),
    ),
    refers={"unit_id": "units"},
    beside=_TOGETHER,
)

UNITS_DECLARED = LedgerView(
    name="units",
    title="Units",
    one="Unit",
    about="Units of the organisation, and what each one does.",
    ledger=ORG_UNITS,
    kind="unit",
    titled_by="name",
    begins="created_on",
    columns=("kind", "parent_id", "region", "business_line", "segment", "legal_entity", "created_on"),
    filters=("kind", "region", "business_line", "legal_entity"),
    tiles=_tiles("unit_id"),
    related=(
        Related("Its people", "/console/people", "unit_id"),
        Related("Its customers", "/console/ledgers/customers", "unit_id", "read_customers"),
        Related("Its sales", "/console/ledgers/sales", "unit_id"),
        Related("Complaints", "/console/ledgers/complaints", "unit_id", "read_complaints"),
        Related("Risk signals", "/console/risk", "unit_id", "read_risk"),
    ),
    refers={"parent_id": "units"},
    beside=_TOGETHER,
    in_menu=False,
)
VIEW = view_of(EMPLOYEES_DECLARED)
UNITS = view_of(UNITS_DECLARED)
