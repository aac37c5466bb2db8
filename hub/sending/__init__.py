"""What may be sent, when, and in which pieces: decisions at the moment of sending. Pure."""

from hub.sending.gate import SendState, Verdict, may_send
from hub.sending.split import split_text
from hub.sending.status import climbs

__all__ = ["SendState", "Verdict", "climbs", "may_send", "split_text"]
