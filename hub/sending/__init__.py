"""What may be sent, when, and in which pieces: decisions at the moment of sending. Pure."""

from hub.sending.gate import SendState, may_send
from hub.sending.pair import PairRate
from hub.sending.pieces import pieces, shown
from hub.sending.policy import Outreach, SendPolicy
from hub.sending.policy_file import compile_send_policy
from hub.sending.preflight import template_fault
from hub.sending.split import split_text
from hub.sending.status import climbs
from hub.sending.verdict import Verdict

__all__ = [
    "Outreach",
    "PairRate",
    "SendPolicy",
    "SendState",
    "Verdict",
    "climbs",
    "compile_send_policy",
    "may_send",
    "pieces",
    "shown",
    "split_text",
    "template_fault",
]
