"""What may be sent, when, and in which pieces: decisions at the moment of sending. Pure."""

from hub.sending.gate import SendState, Verdict, may_send
from hub.sending.pair import PairRate
from hub.sending.pieces import pieces, shown
from hub.sending.preflight import template_fault
from hub.sending.split import split_text
from hub.sending.status import climbs

__all__ = ["PairRate", "SendState", "Verdict", "climbs", "may_send", "pieces", "shown", "split_text", "template_fault"]
