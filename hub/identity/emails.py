"""Match keys of e-mail addresses."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_BRACKETED = re.compile(r"<([^<>]*@[^<>]*)>\s*$")
_LOCAL = re.compile(r"[^\s@\"<>(),:;\\\[\]]{1,64}")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_GOOGLE = frozenset(("gmail.com", "googlemail.com"))
_PLACEHOLDER_WORDS = "abc anonymous asdf aaa email example na no noemail nomail none test unknown xxx"
_PLACEHOLDERS = frozenset(_PLACEHOLDER_WORDS.split())
_ROLE_WORDS = (
    "abuse account accounting accounts admin administrator ahoj anfrage billing booking bookings buchhaltung bureau "
    "careers comercial commercial compras contabilidad contact contacto contactus contato contatti customerservice "
    "donotreply enquiries enquiry faktura feedback finance hallo hello help helpdesk hi hola hostmaster hr info "
    "information inquiries inquiry invoice invoices jobs kontakt legal mail mailbox mailerdaemon marketing media "
    "noreply office order orders postmaster presse press privacy purchasing reception rechnung recepcion reservations "
    "root sale sales secretary security sekretariat service shop spam staff support team tickets vendas ventas "
    "vertrieb verkauf webmaster zakaz"
)
_ROLES = frozenset(_ROLE_WORDS.split())


def email_key(text: str) -> str | None:
    """The match key of one mailbox: lower-case, the domain as its A-label; None when `text` is no address.

    Dots and `+tag` mean nothing at gmail.com (= googlemail.com) and are dropped there; elsewhere they are kept, as
    they may name another mailbox. Never raises.
    """
    return _email_key(text) if 3 <= len(text) <= 400 else None


@lru_cache(maxsize=16384)
def _email_key(text: str) -> str | None:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    text = "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cc")).strip()
    if bracketed := _BRACKETED.search(text):
        text = bracketed.group(1)
    text = text.removeprefix("mailto:").split("?")[0].strip(" '\"<>;,").rstrip(".")
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local):
        return None
    host = _host(domain)
    if host is None:
        return None
    if host in _GOOGLE:
        host = "gmail.com"
        local = local.split("+")[0].replace(".", "")
    if not local or (local in _PLACEHOLDERS and host.split(".")[0] in _PLACEHOLDERS and host != "example.com"):
        return None
    return f"{local}@{host}"


def _host(domain: str) -> str | None:
    try:
        host = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or labels[-1].isdigit():
        return None
    return host if all(_LABEL.fullmatch(label) for label in labels) else None


def is_role_mailbox(email: str) -> bool:
    """Whether the mailbox belongs to a job or a company (info@, sales@, noreply@): it does not identify a person."""
    local = email.partition("@")[0].partition("+")[0].lower()
    return re.sub(r"[._-]", "", local) in _ROLES
