"""The pair rate: how fast one person may be written to. A bucket of tokens per conversation, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class PairRate:
    """`burst` sends at once, then one every `seconds`. (0, 0) = no limit. Times in ms; remembers `most` conversations.

    After a restart everybody has a full burst again: the platform's own refusal then asks for the pause.
    """

    burst: int
    seconds: float
    most: int = 20_000
    _sent: dict[int, tuple[float, int]] = field(default_factory=dict)  # conversation -> tokens left, at

    def ready(self, conversation: int, now: int) -> int:
        """When the next send may leave: `now` or earlier means now."""
        if not self.burst or conversation not in self._sent:
            return now
        tokens, at = self._tokens(conversation, now)
        return now if tokens >= 1 else at + int((1 - tokens) * self.seconds * 1000) + 1

    def spend(self, conversation: int, now: int) -> None:
        """One leaves."""
        if not self.burst:
            return
        tokens = self._tokens(conversation, now)[0] - 1
        self._sent.pop(conversation, None)  # the one written to last stands last
        self._sent[conversation] = (tokens, now)
        if len(self._sent) > self.most:
            self._forget(now)

    def _tokens(self, conversation: int, now: int) -> tuple[float, int]:
        tokens, at = self._sent.get(conversation, (float(self.burst), now))
        if at > now:  # the clock was set back: what was spent then counts from now on
            self._sent[conversation] = (tokens, now)
        return min(float(self.burst), tokens + max(0, now - at) / (self.seconds * 1000)), now

    def _forget(self, now: int) -> None:
        """Those that have a full burst again, else the older half."""
        full = now - int(self.burst * self.seconds * 1000)
        kept = {talk: sent for talk, sent in self._sent.items() if sent[1] > full}
        self._sent = kept if len(kept) <= self.most // 2 else dict(list(kept.items())[-self.most // 2 :])
