"""The five real data sets: where they are, how they are imported, and smaller copies for quick runs."""

import gzip
import os
from itertools import islice
from pathlib import Path
from typing import NamedTuple

DATA = Path(os.environ.get("DAYBOOK_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data")


class DataSet(NamedTuple):
    """A mapping of ours and the files that it takes, relative to the folder of all data."""

    mapping: str
    files: tuple[str, ...]
    parameters: dict[str, str] = {}


SETS: tuple[DataSet, ...] = (
    DataSet("cfpb", ("cfpb-complaints/complaints_2017_2021.csv.gz",)),
    DataSet("bpi2012", ("bpi2012-loan-process/events_2011.csv.gz",)),
    DataSet("uci-bank", ("uci-bank-marketing/bank-full.csv.gz",)),
    DataSet(
        "berka",
        tuple(f"berka/{name}.asc" for name in ("client", "disp", "account", "card", "loan", "district")),
    ),
    DataSet("bank-survey", ("bank-satisfaction-survey/satisfaction.csv",), {"date": "2010-06-30"}),
)


def files_of(data_set: DataSet, folder: Path, rows: int | None) -> list[Path]:
    """The files of a set; with `rows`, copies in `folder` that hold at most so many rows each."""
    originals = [DATA / name for name in data_set.files]
    if rows is None:
        return originals
    copies = []
    for original in originals:
        copy = folder / data_set.mapping / original.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        opener = gzip.open if original.suffix == ".gz" else open
        with opener(original, "rb") as source, opener(copy, "wb") as target:
            target.writelines(islice(source, rows + 1))
        copies.append(copy)
    return copies
