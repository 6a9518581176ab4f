"""Makes the sync client from the async one, so that neither is written twice.

`python scripts/unasync.py` writes `src/holdfast/_sync`; `--check` only says whether it is current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "holdfast"

REPLACEMENTS: tuple[tuple[str, str], ...] = (
    (r"\basync (def|for|with)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\b_async\b", "_sync"),
    (r"\b__aenter__\b", "__enter__"),
    (r"\b__aexit__\b", "__exit__"),
    (r"\baclose\b", "close"),
    (r"\b__aiter__\b", "__iter__"),
    (r"\bAsync(?=[A-Z])", ""),
)

HEADER = "# Made from {source} by scripts/unasync.py: edit that file, then run the script.\n"


def to_sync(text: str) -> str:
    for pattern, replacement in REPLACEMENTS:
        text = re.sub(pattern, replacement, text)
    return text


def expected_files() -> dict[Path, str]:
    """Returns the text every file of `_sync` should have."""
    files = {PACKAGE / "_sync" / "__init__.py": '"""The sync client, made from `_async`."""\n'}
    for source in sorted((PACKAGE / "_async").glob("*.py")):
        if source.name != "__init__.py":
            header = HEADER.format(source=f"_async/{source.name}")
            files[PACKAGE / "_sync" / source.name] = header + to_sync(source.read_text(encoding="utf-8"))
    return files


def stale_files() -> list[Path]:
    return [path for path, text in expected_files().items() if not path.exists() or path.read_text("utf-8") != text]


def main(arguments: list[str]) -> int:
    stale = stale_files()
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(PACKAGE)} is stale: run python scripts/unasync.py", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(expected_files()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(PACKAGE)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
