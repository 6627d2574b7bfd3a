"""The complaint desk as one table: its commands by name, in the order of the standard (chapter 9.3).

`COMPLAINTS` is what the desk's mechanics run; `allowed` is what screens and the command line offer. The rules
are in guards.py, each command's own in the file of its step.
"""

from collections.abc import Callable
from typing import NamedTuple

from services.desks.complaints import answering as ans
from services.desks.complaints import closing as clo
from services.desks.complaints import commands as ask
from services.desks.complaints import escalating as esc
from services.desks.complaints import investigating as inv
from services.desks.complaints import receiving as rec
from services.desks.complaints import redress as red
from services.desks.complaints import resolving as res
from services.desks.complaints import triaging as tri
from services.desks.complaints.state import ComplaintState, evolve
from services.desks.deciding import Command, Decision, DeskDeclaration, Draft, RuleBroken, Setting


class Step(NamedTuple):
    """One line of the table: what is asked, who decides, and the guard that needs no words of the command."""

    name: str
    command: type[Command]
    decide: Callable[..., tuple[Draft, ...]]
    may: Callable[[ComplaintState, Setting], None]


# fmt: off
STEPS: tuple[Step, ...] = (
    # receiving
    Step("receive", ask.Receive, rec.receive, rec.may_receive),
    Step("acknowledge", ask.Acknowledge, rec.acknowledge, rec.may_acknowledge),
    Step("decline", ask.Decline, rec.decline, rec.may_decline),
    Step("forward", ask.Forward, rec.forward, rec.may_forward),
    Step("link", ask.Link, rec.link, rec.may_link),
    Step("reclassify", ask.Reclassify, rec.reclassify, rec.may_reclassify),
    # triaging
    Step("triage", ask.Triage, tri.triage, tri.may_triage),
    Step("assign", ask.Assign, tri.assign, tri.may_assign),
    # investigating
    Step("start-investigation", ask.StartInvestigation, inv.start_investigation,
        inv.may_start_investigation),
    Step("collect-evidence", ask.CollectEvidence, inv.collect_evidence, inv.may_collect_evidence),
    Step("request-information", ask.RequestInformation, inv.request_information,
        inv.may_request_information),
    Step("record-information", ask.RecordInformation, inv.record_information, inv.may_record_information),
    # resolving
    Step("propose", ask.Propose, res.propose, res.may_propose),
    Step("approve", ask.Approve, res.approve, res.may_approve),
    # answering
    Step("send-progress-update", ask.SendProgressUpdate, ans.send_progress_update,
        ans.may_send_progress_update),
    Step("send-holding-response", ask.SendHoldingResponse, ans.send_holding_response,
        ans.may_send_holding_response),
    Step("send-final-response", ask.SendFinalResponse, ans.send_final_response,
        ans.may_send_final_response),
    Step("send-summary-resolution", ask.SendSummaryResolution, ans.send_summary_resolution,
        ans.may_send_summary_resolution),
    Step("extend", ask.Extend, ans.extend, ans.may_extend),
    Step("record-acceptance", ask.RecordAcceptance, ans.record_acceptance, ans.may_record_acceptance),
    Step("record-rejection", ask.RecordRejection, ans.record_rejection, ans.may_record_rejection),
    Step("withdraw", ask.Withdraw, ans.withdraw, ans.may_withdraw),
    # redress
    Step("give-provisional-credit", ask.GiveProvisionalCredit, red.give_provisional_credit,
        red.may_give_provisional_credit),
    Step("reverse-provisional-credit", ask.ReverseProvisionalCredit, red.reverse_provisional_credit,
        red.may_reverse_provisional_credit),
    Step("offer-redress", ask.OfferRedress, red.offer_redress, red.may_offer_redress),
    Step("accept-redress", ask.AcceptRedress, red.accept_redress, red.may_accept_redress),
    Step("pay-redress", ask.PayRedress, red.pay_redress, red.may_pay_redress),
    # escalating
    Step("escalate", ask.Escalate, esc.escalate, esc.may_escalate),
    Step("request-review", ask.RequestReview, esc.request_review, esc.may_request_review),
    Step("decide-review", ask.DecideReview, esc.decide_review, esc.may_decide_review),
    Step("record-ombudsman-decision", ask.RecordOmbudsmanDecision, esc.record_ombudsman_decision,
        esc.may_record_ombudsman_decision),
    Step("record-mediation", ask.RecordMediation, esc.record_mediation, esc.may_record_mediation),
    # closing
    Step("record-root-cause", ask.RecordRootCause, clo.record_root_cause, clo.may_record_root_cause),
    Step("declare-systemic-issue", ask.DeclareSystemicIssue, clo.declare_systemic_issue,
        clo.may_declare_systemic_issue),
    Step("close", ask.Close, clo.close, clo.may_close),
    Step("reopen", ask.Reopen, clo.reopen, clo.may_reopen),
    Step("send-survey", ask.SendSurvey, clo.send_survey, clo.may_send_survey),
)
# fmt: on

OPENS = "receive"

COMPLAINTS: DeskDeclaration[ComplaintState] = DeskDeclaration(
    name="complaints",
    case_field="complaint_id",
    initial=ComplaintState(),
    evolve=evolve,
    decisions={
        step.name: Decision(
            step.command,
            step.decide,
            about=(step.command.__doc__ or "").partition("\n")[0],
            opens=step.name == OPENS,
        )
        for step in STEPS
    },
)


def allowed(state: ComplaintState, setting: Setting) -> tuple[str, ...]:
    """The commands whose guards pass now, in the order of the standard; what a command says is judged only
    when it is sent."""
    return tuple(step.name for step in STEPS if _passes(step, state, setting))


def _passes(step: Step, state: ComplaintState, setting: Setting) -> bool:
    try:
        step.may(state, setting)
    except RuleBroken:
        return False
    return True
