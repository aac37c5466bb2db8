"""What an admin must know, said once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

log = structlog.get_logger("hub.notices")


class Notices:
    """Open notices by subject, e.g. `connection meta` or `crm main`."""

    def __init__(self) -> None:
        self.open: dict[str, str] = {}

    def raise_once(self, subject: str, what: str) -> None:
        """Something needs a human; logged only when it is new."""
        if self.open.get(subject) != what:
            self.open[subject] = what
            log.error("needs attention", subject=subject, what=what)

    def tell(self, told: Mapping[str, str]) -> None:
        """By subject what needs a human, "" = it is well."""
        for subject, what in told.items():
            if what:
                self.raise_once(subject, what)
            else:
                self.clear(subject)

    def clear(self, subject: str) -> None:
        """It is well again."""
        if self.open.pop(subject, None) is not None:
            log.info("well again", subject=subject)
