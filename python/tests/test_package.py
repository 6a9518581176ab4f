"""What must hold for the package as a whole. Its types are checked by `mypy`, which reads pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import holdfast

ROOT = Path(__file__).resolve().parent.parent


def test_the_sync_client_is_made_from_the_async_one() -> None:
    script = ROOT / "scripts" / "unasync.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_package_says_it_is_typed() -> None:
    assert (Path(holdfast.__file__).parent / "py.typed").exists()


def test_every_public_name_exists() -> None:
    assert [name for name in holdfast.__all__ if not hasattr(holdfast, name)] == []
