"""The public listener: handshakes and webhooks. Nothing is stored before its signature verifies, nothing is
acknowledged before it is on disk."""

from hub.ingest.public import public_app

__all__ = ["public_app"]
