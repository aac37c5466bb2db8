"""The listeners: webhooks and handshakes for platforms, health and numbers for admins. Nothing is stored before its
signature verifies, nothing is acknowledged before it is on disk."""

from hub.ingest.admin import admin_app
from hub.ingest.public import LISTENER, public_app

__all__ = ["LISTENER", "admin_app", "public_app"]
