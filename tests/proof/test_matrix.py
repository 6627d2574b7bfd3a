"""The proof of tests/proof/matrix.py on part of the real data, as CI runs it."""

from pathlib import Path

import pytest

from tests.proof.matrix import prove
from tests.proof.sets import DATA

ROWS = 400


@pytest.mark.kafka
@pytest.mark.data
@pytest.mark.timeout(900)
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no public data sets at {DATA} (DAYBOOK_TEST_DATA)")
def test_one_journal_has_one_set_of_digests_however_it_is_folded(
    data_folder: Path, kafka_bootstrap: str
) -> None:
    assert prove(data_folder, kafka_bootstrap, ROWS) == []
