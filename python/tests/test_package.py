"""What must hold for the package as a whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_sync_client_is_made_from_the_async_one() -> None:
    run("scripts/unasync.py", "--check")


def test_every_type_is_checked_strictly() -> None:
    run("-m", "mypy", "--strict", "--cache-dir=/dev/null", "src", "scripts")


def test_the_package_says_it_is_typed() -> None:
    assert (ROOT / "src" / "holdfast" / "py.typed").exists()


def run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
