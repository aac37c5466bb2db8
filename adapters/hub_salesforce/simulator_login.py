"""How the simulated organisation lets programs in: OAuth grants and the SOAP log-in, sessions that end, limits.

Sources: Salesforce Help, "OAuth Authorization Flows"; SOAP API Developer Guide, "login()".
"""

from __future__ import annotations

import base64
import html
import re
import secrets
from collections import deque
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hub_salesforce.simulator_calls import Answer, Call

if TYPE_CHECKING:
    from hub_salesforce.simulator import SalesforceSimulator

HOUR = 3_600.0
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns="urn:partner.soap.sforce.com"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)


class LogIns:
    """Who may come in, and the sessions that stand. Attributes may be changed while it runs.

    `life` seconds a session lasts · `refuse` every log-in is refused · `fail` sessions are given but none is taken ·
    `per_hour` log-ins of the user in an hour.
    """

    def __init__(self, simulator: SalesforceSimulator) -> None:
        self.simulator = simulator
        self.life = 7_200.0
        self.refuse = False
        self.fail = False
        self.per_hour = 3_600
        self.consumer_key = f"3MVG9.sim_{secrets.token_hex(12)}"
        self.consumer_secret = secrets.token_hex(24).upper()
        self.username = "hub@company.example.com"
        self.password = secrets.token_urlsafe(12)
        self.security_token = secrets.token_hex(12)
        self.refresh_token = f"5Aep861.{secrets.token_hex(24)}"
        self.domain = "company.my"
        self.count = 0
        self._sessions: dict[str, float] = {}
        self._recent: deque[float] = deque()

    @cached_property
    def private_key(self) -> str:
        """The key that signs assertions of JWT bearer (PEM)."""
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        form = serialization.PrivateFormat.PKCS8
        return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    def settings(self, flow: str) -> dict[str, Any]:
        """What the hub needs for a flow: client_credentials, jwt, refresh, password or soap."""
        app = {"consumer_key": self.consumer_key}
        user = {"username": self.username, "password": self.password}
        return {
            "client_credentials": {**app, "consumer_secret": self.consumer_secret},
            "jwt": {**app, "username": self.username, "private_key": self.private_key},
            "refresh": {**app, "consumer_secret": self.consumer_secret, "refresh_token": self.refresh_token},
            "password": {**app, **user, "consumer_secret": self.consumer_secret},
            "soap": {**user, "security_token": self.security_token},
        }[flow]

    def stands(self, session: str) -> bool:
        """Whether a session is taken now."""
        ends = self._sessions.get(session)
        return not self.fail and ends is not None and self.simulator.clock() < ends

    def end(self) -> None:
        """Every session ends now."""
        self._sessions.clear()

    def token(self, call: Call) -> Answer:
        """POST /services/oauth2/token."""
        raw = call.body if isinstance(call.body, bytes) else b""
        given = dict(parse_qsl(raw.decode(), keep_blank_values=True))
        grants = {
            "client_credentials": self._client,
            "refresh_token": self._refresh,
            "password": self._password,
            JWT_GRANT: self._assertion,
        }
        grant = grants.get(given.get("grant_type", ""))
        if grant is None:
            return _denied("unsupported_grant_type", "grant type not supported")
        if limited := self._limit():
            return _denied("invalid_grant", limited)
        if refusal := grant(given, call.headers):
            return _denied(*refusal)
        url, user = self.simulator.url, self.simulator.org.me
        organisation = self.simulator.org.organisation.id
        answer = {
            "access_token": self._session(),
            "instance_url": url,
            "id": f"{url}/id/{organisation}/{user}",
            "token_type": "Bearer",
            "issued_at": str(self.simulator.now()),
            "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
            "scope": "api",
        }
        return Answer(200, answer)

    def soap(self, call: Call) -> Answer:
        """POST /services/Soap/u/{version} with login."""
        text = call.body.decode() if isinstance(call.body, bytes) else ""
        username, password = (html.unescape(_element(text, name)) for name in ("username", "password"))
        known = username == self.username and password == self.password + self.security_token
        if limited := self._limit():
            return _fault("LOGIN_RATE_EXCEEDED", limited)
        if self.refuse or not known:
            told = "Invalid username, password, security token; or user locked out."
            return _fault("INVALID_LOGIN", told)
        server = f"{self.simulator.url}/services/Soap/u/59.0/{self.simulator.org.organisation.id[:15]}"
        result = f"<serverUrl>{server}</serverUrl><sessionId>{self._session()}</sessionId>"
        result += f"<userId>{self.simulator.org.me}</userId>"
        return _xml(200, f"<loginResponse><result>{result}</result></loginResponse>")

    def _session(self) -> str:
        session = f"00D5g000004sim0!AQ.{secrets.token_urlsafe(48)}"
        self._sessions[session] = self.simulator.clock() + self.life
        return session

    def _limit(self) -> str:
        """Count the log-in; why it is one too many, "" = it is not."""
        now = self.simulator.clock()
        self.count += 1
        while self._recent and self._recent[0] <= now - HOUR:
            self._recent.popleft()
        self._recent.append(now)
        return "login rate exceeded" if len(self._recent) > self.per_hour else ""

    def _client(self, given: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str] | None:
        kind, _, encoded = headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            key, _, secret = base64.b64decode(encoded).decode().partition(":")
            given = {"client_id": unquote(key), "client_secret": unquote(secret)}
        return self._app(given)

    def _app(self, given: Mapping[str, str], *, secret: bool = True) -> tuple[str, str] | None:
        if given.get("client_id") != self.consumer_key:
            return "invalid_client_id", "client identifier invalid"
        if secret and given.get("client_secret") != self.consumer_secret:
            return "invalid_client", "invalid client credentials"
        return ("invalid_grant", "no client credentials user enabled") if self.refuse else None

    def _refresh(self, given: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str] | None:
        if given.get("refresh_token") != self.refresh_token:
            return "invalid_grant", "expired access/refresh token"
        return self._app(given, secret="client_secret" in given)

    def _password(self, given: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str] | None:
        right = (self.password, self.password + self.security_token)
        if given.get("username") != self.username or given.get("password") not in right:
            return "invalid_grant", "authentication failure"
        return self._app(given)

    def _assertion(self, given: Mapping[str, str], headers: Mapping[str, str]) -> tuple[str, str] | None:
        key = serialization.load_pem_private_key(self.private_key.encode(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        try:
            claims = jwt.decode(
                given.get("assertion", ""),
                key.public_key(),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_aud": False},  # both are looked at below, by our clock
            )
            ends = int(claims["exp"])
        except (jwt.PyJWTError, KeyError, ValueError):
            return "invalid_grant", "invalid assertion"
        if claims.get("iss") != self.consumer_key:
            return "invalid_client_id", "client identifier invalid"
        hosts = ("login", self.domain)
        if claims.get("aud") not in [f"https://{host}.salesforce.com" for host in hosts] + [self.simulator.url]:
            return "invalid_grant", "audience is invalid"
        if not 0 < ends - self.simulator.now() / 1_000 <= 300:
            return "invalid_grant", "expired authorization code"
        if claims.get("sub") != self.username or self.refuse:
            return "invalid_grant", "user hasn't approved this consumer"
        return None


def _denied(error: str, description: str) -> Answer:
    status = 401 if error == "invalid_client" else 400
    return Answer(status, {"error": error, "error_description": description})


def _fault(code: str, message: str) -> Answer:
    detail = f"<sf:exceptionCode>{code}</sf:exceptionCode><sf:exceptionMessage>{message}</sf:exceptionMessage>"
    fault = f"<faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>"
    return _xml(500, f"<soapenv:Fault>{fault}<detail><sf:LoginFault>{detail}</sf:LoginFault></detail></soapenv:Fault>")


def _xml(status: int, inside: str) -> Answer:
    return Answer(status, _ENVELOPE.format(inside).encode(), {"Content-Type": "text/xml; charset=utf-8"})


def _element(text: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}>(.*?)</", text, re.DOTALL)
    return found[1] if found else ""
