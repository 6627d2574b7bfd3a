"""Commands that guard: rule packs, and the keys of persons."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from projections.rules.rule import Rule
from services.audit.personal import export_subject
from services.audit.rules_in_force import PackInForce, rules_in_force
from services.bootstrap import System
from services.cli.opening import opened, settings_for
from services.cli.output import AsJson, Data, as_plain, out, plain, print_json, print_table
from services.config import Settings
from services.errors import NotFound
from services.privacy.acts import Acts
from services.store.locks import Lock
from services.watch.backtest import backtest as run_backtest
from services.watch.packs import load_pack, shipped_packs
from services.watch.publishing import Published, find_published, publish_pack, published_packs

rules_app = typer.Typer()
privacy_app = typer.Typer()

Subject = Annotated[str, typer.Argument(help="kind/namespace:id, such as customer/bank:17")]
Reason = Annotated[str, typer.Option("--reason", help="Goes into the journal.")]
By = Annotated[str | None, typer.Option("--by", help="Who decided.")]


@rules_app.command("list")
def list_rules(data: Data = None, json: AsJson = False) -> None:
    """The rules of the active pack, with severity and thresholds; since when it is published, and by whom;
    and the packs of clocks, suitability, cooling-off periods and complaint handling, and which are in force.

    Examples:

    - `daybook rules list`
    - `daybook rules list --json`
    """
    pack = load_pack(Settings().rule_pack)
    earlier = _published(data)
    others = rules_in_force(pack, earlier, dt.datetime.now(dt.UTC).date()).packs[1:]
    if json:
        rules = [_plain_rule(rule) for rule in pack.rules.values()]
        told = {"pack": pack.name, "digest": pack.digest, "verified": pack.verified, "rules": rules}
        print_json(
            {**told, "published": find_published(earlier, pack), "publications": earlier, "packs": others}
        )
        return
    rows = [(rule.id, rule.version, rule.severity, rule.title.en) for rule in pack.rules.values()]
    print_table(f"{pack.name}, valid from {pack.valid_from}", ("rule", "version", "severity", "title"), rows)
    out.print(f"SHA-256 {pack.digest}; packs here: {', '.join(shipped_packs())}")
    out.print(_said(find_published(earlier, pack)))
    if earlier:
        columns = ("pack", "version", "in force from", "published", "by", "approved by", "SHA-256")
        print_table("Published packs", columns, [_publication(one) for one in earlier])
    others_told = ("kind", "pack", "version", "valid from", "in force", "verified", "rules", "SHA-256")
    print_table("Other packs", others_told, [_pack(one) for one in others])


@rules_app.command("show")
def show_rule(
    rule_id: Annotated[str, typer.Argument(help="Such as R-SUIT-02")],
    data: Data = None,
    json: AsJson = False,
) -> None:
    """One rule: its text, its source, its thresholds; since when it is published.

    Examples:

    - `daybook rules show R-CMPL-05`
    - `daybook rules show R-CMPL-05 --json`
    """
    pack = load_pack(Settings().rule_pack)
    if rule_id not in pack.rules:
        raise NotFound(f"pack {pack.name} has no rule {rule_id!r}; it has {', '.join(pack.rules)}")
    rule = _plain_rule(pack.rules[rule_id])
    published = find_published(_published(data), pack)
    if json:
        print_json({**rule, "pack": pack.name, "published": published})
    else:
        print_table(rule_id, ("field", "value"), [*rule.items(), ("pack", pack.name)])
        out.print(_said(published))


@rules_app.command("publish")
def publish(
    by: Annotated[str, typer.Option("--by", help="Who publishes it.")],
    approver: Annotated[str, typer.Option("--approver", help="Who approved it: somebody else.")],
    pack: Annotated[
        str | None, typer.Argument(help="A rule pack file, or one of ours; the active one if left out.")
    ] = None,
    data: Data = None,
    json: AsJson = False,
) -> None:
    """State in the journal that a pack is in force, under two names. Publishing it again adds nothing.

    Examples:

    - `daybook rules publish --by "Jana Novak" --approver "Petr Svoboda"`
    - `daybook rules publish ./house-2027-01.yaml --by "Jana Novak" --approver "Petr Svoboda" --json`
    """
    text = load_pack(pack or Settings().rule_pack)
    with opened(data) as system, Lock(system.conninfo, "publish rules") as lock:
        lock.take()
        system.settle()
        fresh = publish_pack(
            system.journal,
            text,
            _read_published(system),
            publisher=by,
            approver=approver,
            now=system.clock(),
        )
        system.settle()
        published = find_published(_read_published(system), text)
    if json:
        print_json({"status": "published" if fresh else "already published", "published": published})
    else:
        out.print(f"{text.name}: {'' if fresh else 'was there already. '}{_said(published)}")


@rules_app.command("backtest")
def backtest(
    pack: Annotated[Path, typer.Argument(help="A rule pack file to try on history.")],
    data: Data = None,
    json: AsJson = False,
) -> None:
    """Run a pack over the whole journal, writing nowhere: hits per rule, and the change from the active one.

    Example: `daybook rules backtest ./house-2027-01.yaml`
    """
    with opened(data) as system:
        result = run_backtest(
            system.journal, system.conninfo, load_pack(str(pack)), system.opened.zone, system.clock
        )
    lines = [
        {
            "rule": rule,
            "hits": result.hits.get(rule, 0),
            "given": result.given.get(rule, 0),
            "new": sum(case.rule == rule for case in result.new),
            "gone": sum(case.rule == rule for case in result.gone),
        }
        for rule in sorted({*result.hits, *result.given})
    ]
    if json:
        print_json({"pack": result.pack, "digest": result.digest, "rules": lines})
        return
    print_table(
        f"Backtest of {result.pack}",
        ("rule", "hits", "in the journal", "new", "gone"),
        [tuple(line.values()) for line in lines],
    )


@privacy_app.command("state")
def state(subject: Subject, data: Data = None, json: AsJson = False) -> None:
    """The state of a subject's key, and the holds on it.

    Example: `daybook privacy state customer/bank:17`
    """
    with opened(data) as system:
        key, holds = system.keyring.state(subject), system.keyring.holds(subject)
    found = {"subject": subject, "key": key, "holds": [hold._asdict() for hold in holds]}
    if json:
        print_json(found)
        return
    print_table(subject, ("what", "value"), [("key", key or "none: nothing of it is sealed")])
    rows = [(hold.hold_id, hold.reason, hold.placed_by, hold.placed_at, hold.released_at) for hold in holds]
    print_table("Legal holds", ("hold", "reason", "by", "placed", "released"), rows)


@privacy_app.command("restrict")
def restrict(
    subject: Subject,
    reason: Reason,
    lift: Annotated[bool, typer.Option("--lift", help="Allow use again.")] = False,
    by: By = None,
    data: Data = None,
) -> None:
    """Keep a person's data and use it no more, or lift that.

    Example: `daybook privacy restrict customer/bank:17 --reason "objection of 4 May"`
    """
    with opened(data) as system:
        _acts(system).restrict(subject, restricted=not lift, reason=reason, by=by)
        system.settle()
    out.print(f"{subject}: {'active' if lift else 'restricted'}")


@privacy_app.command("hold")
def hold(
    subject: Subject,
    hold_id: Annotated[str, typer.Argument(help="The case that needs the data.")],
    reason: Reason,
    by: Annotated[str, typer.Option("--by", help="Who placed it.")],
    data: Data = None,
) -> None:
    """Place a legal hold: the key cannot be destroyed until it is released.

    Example: `daybook privacy hold customer/bank:17 case-881 --reason litigation --by "Legal"`
    """
    with opened(data) as system:
        _acts(system).hold(subject, hold_id, reason=reason, by=by)
        system.settle()
    out.print(f"{subject}: held for {hold_id}")


@privacy_app.command("release")
def release(
    subject: Subject,
    hold_id: Annotated[str, typer.Argument(help="The hold to release.")],
    by: By = None,
    data: Data = None,
) -> None:
    """Release a legal hold.

    Example: `daybook privacy release customer/bank:17 case-881`
    """
    with opened(data) as system:
        _acts(system).release(subject, hold_id, by=by)
        system.settle()
    out.print(f"{subject}: hold {hold_id} released")


@privacy_app.command("shred")
def shred(subject: Subject, reason: Reason, by: By = None, data: Data = None, json: AsJson = False) -> None:
    """Destroy a person's key: every copy of what was sealed is unreadable at once. No hash, no sum changes.

    Example: `daybook privacy shred customer/bank:17 --reason "erasure request 12"`
    """
    with opened(data) as system:
        result = _acts(system).shred(subject, reason=reason, by=by)
        system.settle()
    if json:
        print_json(result._asdict())
    else:
        already = " (it was already)" if result.already else ""
        out.print(f"{subject}: shredded at {result.shredded_at:%Y-%m-%d %H:%M:%S} UTC{already}")


@privacy_app.command("export")
def export(subject: Subject, data: Data = None) -> None:
    """Everything held about a subject, in clear where its key allows: for a request of access.

    Example: `daybook privacy export customer/bank:17 > request-12.json`
    """
    with opened(data, post=True) as system, system.connect() as connection:
        found = export_subject(
            connection,
            system.generation(connection).schema,
            system.journal,
            system.sealer,
            system.zone,
            subject,
        )
    print_json({"subject": subject, "exported_at": dt.datetime.now(dt.UTC), "entries": as_plain(found)})


def _published(data: Data) -> list[Published]:
    """What was published; nothing where no system was ever opened."""
    settings = settings_for(data)
    if settings.embedded and settings.database_url is None and not settings.data.exists():
        return []
    with opened(data) as system:
        return _read_published(system)


def _read_published(system: System) -> list[Published]:
    with system.connect() as connection:
        return published_packs(connection, system.generation(connection).schema, system.journal)


def _said(one: Published | None) -> str:
    if one is None:
        return "Not published: `daybook rules publish --by NAME --approver NAME` does that."
    names = f"by {plain(one.publisher)}, approved by {plain(one.approver)}"
    return f"Published {plain(one.published_at)} {names}; in force from {one.in_force_from}."


def _publication(one: Published) -> tuple[object, ...]:
    names = (one.publisher, one.approver)
    return one.pack, one.version, one.in_force_from, one.published_at, *names, one.digest[:12]


def _pack(one: PackInForce) -> tuple[object, ...]:
    told = (one.kind, one.pack, one.version, one.valid_from, one.in_force, one.verified)
    return *told, ", ".join(rule.id for rule in one.rules), one.digest[:12]


def _acts(system: System) -> Acts:
    return Acts(system.journal, system.keyring, system.clock)


def _plain_rule(rule: Rule[Any]) -> dict[str, Any]:
    return {
        "id": rule.id,
        "version": rule.version,
        "title": rule.title.en,
        "title_zh": rule.title.zh,
        "text": rule.text.en,
        "text_zh": rule.text.zh,
        "principle": rule.principle,
        "severity": rule.severity,
        "applies_to": rule.applies_to,
        "parameters": rule.parameters.model_dump(mode="json"),
    }
