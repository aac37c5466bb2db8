"""Identities as stored and looked up."""

from hypothesis import given
from hypothesis import strategies as st

from hub.identity import canonical, external_key, identities_of_contact, variants
from hub.model.people import Identity


def phone(key: str) -> Identity:
    return Identity("phone", "", key)


def email(key: str) -> Identity:
    return Identity("email", "", key)


def test_a_contact_has_each_identity_once_phones_first():
    found = identities_of_contact(
        ["07700 900123", "+44 7700 900123", "", "+55 11 8765-1234 / +1 202 555 0123"],
        ["Ann@Example.com", "ann@example.com", "info@example.com", "n/a"],
        "GB",
    )
    assert found == (
        phone("+447700900123"),
        phone("+5511987651234"),
        phone("+12025550123"),
        email("ann@example.com"),
    )


def test_a_lookup_probes_the_identity_itself_first():
    assert variants(phone("+551187651234")) == (phone("+551187651234"), phone("+5511987651234"))
    assert variants(phone("+447700900123")) == (phone("+447700900123"),)
    assert variants(email("ann@example.com")) == (email("ann@example.com"),)
    odd = Identity("whatsapp_user", "portfolio-1", "GB.55")
    assert variants(odd) == (odd,)


def test_canonical_form():
    assert canonical(phone("+5215512345670")) == phone("+525512345670")
    assert canonical(phone("447700900123")) == phone("+447700900123")
    assert canonical(phone("what")) == phone("what")
    assert canonical(email("A.nn@googlemail.com")) == email("ann@gmail.com")
    assert canonical(email("nobody")) == email("nobody")
    telegram = Identity("telegram", "", "77")
    assert canonical(telegram) == telegram


@given(st.sampled_from(["+55", "+54", "+549", "+52", "+521", "+1", "+374"]), st.integers(10**6, 10**11))
def test_what_is_stored_is_found_from_every_variant(prefix, rest):
    identity = phone(f"{prefix}{rest}")
    assert all(canonical(identity) in variants(variant) for variant in variants(identity))
    assert canonical(canonical(identity)) == canonical(identity)


def test_external_key_keeps_identities_apart_and_survives_a_crm_that_ignores_case():
    key = external_key(Identity("visitor", "shop", "aB"))
    assert key != external_key(Identity("visitor", "shop", "ab"))
    assert len(key) == 32
    assert key == key.lower()
    # Written into CRMs: may never change.
    assert external_key(phone("+447700900123")) == "8cebba3edace4ff6a3d6f11a55ab1647"
