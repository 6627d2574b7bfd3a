"""Where the course of a complaint is written down: at the desk, as deeds, or in a diary, as facts.

complaints.py chooses the way. What a partner recorded begins as a fact and goes on at the desk, which adopts
it; what an older office handled, or one that breaks the desk's rules, is told by facts alone.
"""

import datetime as dt
from typing import Any, Literal

import msgspec

from events.codec import TYPES
from events.event_type import EntryRef
from services.demo.courses import HOUR, Course, Step
from services.demo.deeds import ADOPT, Agenda, as_actor, case_of, opening_entry
from services.demo.diary import COMPLAINTS, DESK_METHOD, PARTNER_LETTERS, SURVEY, SURVEY_VERSION, Diary
from services.demo.people import Employee
from services.desks.complaints.declaration import COMPLAINTS as DESK

Way = Literal["desk", "adopted", "paper"]

FACTS = {
    "acknowledge": "complaint.acknowledged",
    "triage": "complaint.triaged",
    "link": "complaint.linked",
    "assign": "complaint.handler_assigned",
    "start-investigation": "complaint.investigation_started",
    "request-information": "complaint.information_requested",
    "record-information": "complaint.information_received",
    "send-holding-response": "complaint.holding_response_sent",
    "send-progress-update": "complaint.progress_update_sent",
    "extend": "complaint.extension_granted",
    "withdraw": "complaint.withdrawn",
    "propose": "complaint.resolution_proposed",
    "approve": "complaint.resolution_approved",
    "record-root-cause": "complaint.root_cause_recorded",
    "send-final-response": "complaint.final_response_sent",
    "send-summary-resolution": "complaint.summary_resolution_sent",
    "give-provisional-credit": "complaint.provisional_credit_given",
    "reverse-provisional-credit": "complaint.provisional_credit_reversed",
    "offer-redress": "complaint.redress_offered",
    "accept-redress": "complaint.redress_accepted",
    "pay-redress": "complaint.redress_paid",
    "close": "complaint.closed",
    "reopen": "complaint.reopened",
    "escalate": "complaint.escalated",
    "record-ombudsman-decision": "complaint.ombudsman_decision_received",
    "request-review": "complaint.review_requested",
    "decide-review": "complaint.review_decided",
}
"""The fact that tells of a step."""


class Papers:
    """The diary and the agenda of the complaint office."""

    def __init__(self, diary: Diary, agenda: Agenda, last: dt.date, ends: dt.datetime) -> None:
        self.diary = diary
        self.agenda = agenda
        self._last = last
        self._ends = ends

    def receive(self, way: Way, number: str, at: dt.datetime, clerk: Employee, data: dict[str, Any]) -> str:
        """Write down that it was received; gives back the id under which the case goes on."""
        if way == "desk":
            command_id = f"demo receive {number}"
            case_id = case_of(DESK, command_id)
            self.agenda.note(DESK, case_id, "receive", at, as_actor(clerk), data, command_id)
            return case_id
        source = COMPLAINTS if way == "paper" else PARTNER_LETTERS
        given = {**data, "received_by": "partner"} if way == "adopted" else data
        self.diary.note(source, "complaint.received", at, complaint_id=number, **given)
        if way == "adopted":
            self.agenda.note(DESK, number, ADOPT, at + HOUR / 3, as_actor(clerk), {}, f"demo adopt {number}")
        return number

    def received_entry(self, way: Way, case_id: str) -> EntryRef:
        """The entry by which the last case was received."""
        return opening_entry(case_id) if way == "desk" else self.diary.facts[-1].ref

    def write(self, way: Way, case_id: str, customer_id: str, course: Course) -> EntryRef | None:
        """Write down a course; gives back the entry of its first closing, if that is a fact."""
        if way != "paper":
            for step in course.steps:
                self.agenda.note(DESK, case_id, step.name, step.at, step.actor, step.fields)
            return None
        ids = {"complaint_id": case_id, "customer_id": customer_id}
        closed: EntryRef | None = None
        for step in course.steps:
            if step.at.date() <= self._last:
                ref = self._note(step, ids)
                closed = closed or (ref if step.name == "close" else None)
        return closed

    def ask_afterwards(self, case_id: str, at: dt.datetime, clerk: Employee, invitation_id: str) -> bool:
        """Have the desk send its survey, if the year has it."""
        if at > self._ends:
            return False
        self.agenda.note(
            DESK, case_id, "send-survey", at, as_actor(clerk),
            {
                "survey_id": SURVEY,
                "survey_version": SURVEY_VERSION,
                "method": DESK_METHOD,
                "invitation_id": invitation_id,
            },
        )  # fmt: skip
        return True

    def _note(self, step: Step, ids: dict[str, str]) -> EntryRef:
        """The fact of a step: what its command says, as far as facts of this type say it."""
        name = FACTS[step.name]
        said = {field.name for field in msgspec.structs.fields(TYPES[name].sent)}
        data = {key: value for key, value in {**step.fields, **step.fact}.items() if key in said}
        return self.diary.note(COMPLAINTS, name, step.at, **{**data, **ids})
