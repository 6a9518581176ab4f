"""The sync client, made from `_async`."""
