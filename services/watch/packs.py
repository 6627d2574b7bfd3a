"""Rule packs from files: the ones that we ship, and any that a bank keeps beside them.

Reading is here; what a pack means is in projections/rules/pack.py.
"""

from importlib import resources
from pathlib import Path

from projections.rules.pack import PackError, RulePack, parse_pack

HOUSE = "house-2026-01"
PACK_LIMIT_BYTES = 1_000_000


def shipped_packs() -> tuple[str, ...]:
    """Names of the packs that come with Daybook."""
    folder = resources.files("projections.rules")
    return tuple(
        sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml"))
    )


def load_pack(name_or_path: str = HOUSE) -> RulePack:
    """A shipped pack by its name, or a pack file by its path; PackError with the reason otherwise."""
    if name_or_path in shipped_packs():
        text = (resources.files("projections.rules") / f"{name_or_path}.yaml").read_text("utf-8")
        return parse_pack(text)
    path = Path(name_or_path)
    if not path.is_file():
        raise PackError(
            f"no rule pack {name_or_path!r}: "
            f"give the path of a pack file, or one of {', '.join(shipped_packs())}"
        )
    if path.stat().st_size > PACK_LIMIT_BYTES:
        raise PackError(f"{name_or_path} is larger than {PACK_LIMIT_BYTES} bytes, which no pack needs")
    return parse_pack(path.read_text("utf-8"))
