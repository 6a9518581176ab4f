"""The async client. `_sync` is made from this folder by `scripts/unasync.py`: edit here, then run the script."""
