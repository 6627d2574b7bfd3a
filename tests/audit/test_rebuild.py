"""Rebuild equals live, byte for byte: in one process or two, from memory or spilled, resumed, swapped."""

from collections.abc import Iterator
from contextlib import closing
from zoneinfo import ZoneInfo

import pytest

from projections.fold import Declarations
from services.audit.compare import compare
from services.audit.rebuild import RebuildPlan, rebuild, swap
from services.errors import Refused
from services.journal.address import JournalAddress
from services.journal.port import Journal
from services.journal.postgres import PostgresJournal
from services.projector.bulk import Share, fold_share
from services.projector.projector import Projector, resolve
from services.store import generation as generations
from services.store.database import connect, migrate
from services.store.digest import digests
from tests.projector.histories import history
from tests.projector.shop import SHOP
from tests.projector.test_projector import assert_counts_add_up, assert_tallies_equal_their_recount

ZONE = "Asia/Shanghai"


@pytest.fixture
def journal(database_url: str) -> Iterator[PostgresJournal]:
    migrate(database_url)
    with closing(PostgresJournal.create(database_url, partitions=4)) as made:
        yield made


@pytest.fixture
def live(database_url: str, journal: PostgresJournal) -> Iterator[Projector]:
    """A projector that has folded 600 records."""
    journal.append(history(21, 600))
    with connect(database_url, autocommit=True) as connection:
        generation = resolve(connection, journal, SHOP, ZONE, "ledgers")
    projector = Projector(journal, database_url, SHOP, generation, ZoneInfo(ZONE))
    projector.catch_up(83)
    yield projector
    projector.close()


def plan_of(database_url: str, **changes: object) -> RebuildPlan:
    plan = RebuildPlan(JournalAddress("postgres", database_url), database_url, SHOP, ZONE)
    return plan._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [{}, {"workers": 2}, {"rows_in_memory": 5}],
    ids=["in memory", "two processes", "spilled"],
)
def test_a_rebuild_has_the_digests_of_the_live_generation(
    changes: dict[str, object], live: Projector, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.projector.bulk.CHUNK_ENTRIES", 50)
    generation = rebuild(plan_of(database_url, **changes))
    with connect(database_url, autocommit=True) as connection:
        assert digests(connection, SHOP, generation.schema) == digests(
            connection, SHOP, live.generation.schema
        )
    again = Projector(live.journal, database_url, SHOP, generation, ZoneInfo(ZONE))
    with closing(again):
        assert_counts_add_up(again)
        assert_tallies_equal_their_recount(again)


@pytest.mark.parametrize("rows_in_memory", [10, 1_000])
def test_a_correction_finds_what_earlier_chunks_of_a_rebuild_held(
    live: Projector, database_url: str, monkeypatch: pytest.MonkeyPatch, rows_in_memory: int
) -> None:
    monkeypatch.setattr("services.projector.bulk.CHUNK_ENTRIES", 25)
    generation = rebuild(plan_of(database_url)._replace(rows_in_memory=rows_in_memory))
    with connect(database_url, autocommit=True) as connection:
        assert compare(connection, SHOP, live.generation, generation).equal


def test_a_rebuild_that_was_killed_goes_on_where_it_was(
    live: Projector, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(database_url)._replace(share_entries=1)
    folded: list[int] = []
    limit = 2

    def fold_or_die(journal: Journal, conninfo: str, declarations: Declarations, share: Share) -> int:
        if len(folded) == limit:
            raise KeyboardInterrupt
        folded.extend(share.ends)
        return fold_share(journal, conninfo, declarations, share)

    monkeypatch.setattr("services.audit.rebuild.fold_share", fold_or_die)
    with pytest.raises(KeyboardInterrupt):
        rebuild(plan)
    limit = 99
    generation = rebuild(plan)
    assert sorted(folded) == [0, 1, 2, 3], "two partitions before the kill, two after it"
    with connect(database_url, autocommit=True) as connection:
        assert len(generations.all_generations(connection)) == 2
        assert compare(connection, SHOP, live.generation, generation).equal


def test_a_single_altered_cell_is_found_with_its_entries(live: Projector, database_url: str) -> None:
    generation = rebuild(plan_of(database_url))
    schema = live.generation.schema
    with connect(database_url, autocommit=True) as connection:
        row = connection.execute(
            f"SELECT subject, sale_id, amount_minor FROM {schema}.sales "
            "WHERE amount_minor IS NOT NULL ORDER BY 1, 2 LIMIT 1"
        ).fetchone()
        assert row is not None
        connection.execute(
            f"UPDATE {schema}.sales SET amount_minor = amount_minor + 1 WHERE subject = %s AND sale_id = %s",
            row[:2],
        )
        found = compare(connection, SHOP, live.generation, generation)
    assert not found.equal
    assert [difference.table for difference in found.differences] == ["sales"]
    difference = found.differences[0]
    assert difference.key == {"subject": row[0], "sale_id": row[1]}
    assert difference.left is not None
    assert difference.right is not None
    assert difference.left["amount_minor"] == difference.right["amount_minor"] + 1
    assert any(line.type == "sale.confirmed" for line in difference.entries)


def test_a_swap_is_refused_behind_live_and_made_at_its_position(
    live: Projector, journal: PostgresJournal, database_url: str
) -> None:
    generation = rebuild(plan_of(database_url))
    journal.append(history(22, 50))
    live.catch_up(1_000)
    with connect(database_url, autocommit=True) as connection:
        with pytest.raises(Refused, match="behind the live one"):
            generations.swap(connection, generation)
        swap(plan_of(database_url), generation)
        now = generations.live(connection, "ledgers", generation.fingerprint)
        assert now is not None
        assert now.id == generation.id
        assert compare(connection, SHOP, live.generation, generation).equal
    journal.append(history(23, 10))
    with pytest.raises(Exception, match="no longer live"):
        live.catch_up(1_000)
