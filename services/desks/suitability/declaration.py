"""The suitability desk as one table: its commands by name, in the order in which advice goes.

`SUITABILITY` is what the desk's mechanics run; `allowed` is what screens and the command line offer.
"""

from collections.abc import Callable
from typing import NamedTuple

from services.desks.deciding import Command, Decision, DeskDeclaration, Draft, RuleBroken, Setting
from services.desks.suitability import assessing as ass
from services.desks.suitability import checking as chk
from services.desks.suitability import commands as ask
from services.desks.suitability import cooling as coo
from services.desks.suitability import overriding as ovr
from services.desks.suitability.state import SuitabilityState, evolve


class Step(NamedTuple):
    """One line of the table: what is asked, who decides, and the guard that needs no words of the command."""

    name: str
    command: type[Command]
    decide: Callable[..., tuple[Draft, ...]]
    may: Callable[[SuitabilityState, Setting], None]
    opens: bool = False


# fmt: off
STEPS: tuple[Step, ...] = (
    Step("assess-profile", ask.AssessProfile, ass.assess_profile, ass.may_assess_profile, opens=True),
    Step("check", ask.Check, chk.check, chk.may_check, opens=True),
    Step("warn", ask.Warn, ovr.warn, ovr.may_warn),
    Step("request-override", ask.RequestOverride, ovr.request_override, ovr.may_request_override),
    Step("confirm-override", ask.ConfirmOverride, ovr.confirm_override, ovr.may_confirm_override),
    Step("start-cooling-off", ask.StartCoolingOff, coo.start_cooling_off, coo.may_start_cooling_off),
    Step("confirm-callback", ask.ConfirmCallback, coo.confirm_callback, coo.may_confirm_callback),
)
# fmt: on

SUITABILITY: DeskDeclaration[SuitabilityState] = DeskDeclaration(
    name="suitability",
    case_field="check_id",
    initial=SuitabilityState(),
    evolve=evolve,
    decisions={
        step.name: Decision(
            step.command,
            step.decide,
            about=(step.command.__doc__ or "").partition("\n")[0],
            opens=step.opens,
        )
        for step in STEPS
    },
)


def allowed(state: SuitabilityState, setting: Setting) -> tuple[str, ...]:
    """The commands whose guards pass now; what a command says is judged only when it is sent."""
    return tuple(step.name for step in STEPS if _passes(step, state, setting))


def _passes(step: Step, state: SuitabilityState, setting: Setting) -> bool:
    try:
        step.may(state, setting)
    except RuleBroken:
        return False
    return True
