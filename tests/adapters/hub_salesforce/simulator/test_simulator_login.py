"""How the simulator lets programs in, and for how long."""

import jwt
import pytest

from hub_salesforce.simulator_login import JWT_GRANT


def token(client, **form):
    return client.http.post(f"{client.simulator.url}/services/oauth2/token", data=form)


def stands(client, reply):
    client.token = reply.json()["access_token"]
    return client.call("GET", "/limits").status_code == 200


def signed(client, **changes):
    logins, now = client.simulator.log_ins, client.simulator.now() // 1_000
    claims = {"iss": logins.consumer_key, "sub": logins.username, "aud": "https://login.salesforce.com"}
    key = changes.pop("key", logins.private_key)
    return jwt.encode({**claims, "exp": str(now + 180), **changes}, key, algorithm="RS256")


def soap(client, password):
    name = client.simulator.log_ins.username
    body = f"<n1:login><n1:username>{name}</n1:username><n1:password>{password}</n1:password></n1:login>"
    return client.http.post(f"{client.simulator.url}/services/Soap/u/59.0", data=body)


def test_client_credentials_in_the_header_or_the_form(client, sim):
    assert stands(client, client.log_in())
    logins = sim.log_ins
    form = {"client_id": logins.consumer_key, "client_secret": logins.consumer_secret}
    assert stands(client, token(client, grant_type="client_credentials", **form))
    wrong = token(client, grant_type="client_credentials", **{**form, "client_secret": "guessed"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert token(client, grant_type="client_credentials").json()["error"] == "invalid_client_id"
    assert token(client, grant_type="authorization_code").json()["error"] == "unsupported_grant_type"


def test_refresh_token_and_password(client, sim):
    logins = sim.log_ins
    app = {"client_id": logins.consumer_key, "client_secret": logins.consumer_secret}
    assert stands(client, token(client, grant_type="refresh_token", refresh_token=logins.refresh_token, **app))
    assert token(client, grant_type="refresh_token", refresh_token="x", **app).json()["error"] == "invalid_grant"
    user = {"username": logins.username, "password": logins.password}
    assert stands(client, token(client, grant_type="password", **user, **app))
    assert token(client, grant_type="password", **{**user, "password": "x"}, **app).json()["error"] == "invalid_grant"


def test_an_assertion_is_verified(client, moment):
    assert stands(client, token(client, grant_type=JWT_GRANT, assertion=signed(client)))
    from cryptography.hazmat.primitives.asymmetric import rsa

    stranger = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    now = client.simulator.now() // 1_000
    wrong = [
        signed(client, key=stranger),
        signed(client, aud="https://example.com"),
        signed(client, iss="another-app"),
        signed(client, sub="nobody@example.com"),
        signed(client, exp=now - 1),
        signed(client, exp=now + 3_600),
        "no-assertion",
    ]
    for assertion in wrong:
        assert token(client, grant_type=JWT_GRANT, assertion=assertion).status_code == 400
    late = signed(client)
    moment.seconds += 200
    assert token(client, grant_type=JWT_GRANT, assertion=late).status_code == 400, "it has expired by our clock"


def test_soap_wants_the_password_with_the_token(client, sim):
    logins = sim.log_ins
    reply = soap(client, logins.password + logins.security_token)
    assert reply.status_code == 200
    client.token = reply.text.partition("<sessionId>")[2].partition("<")[0]
    assert client.call("GET", "/limits").status_code == 200
    wrong = soap(client, logins.password)
    assert wrong.status_code == 500
    assert "INVALID_LOGIN" in wrong.text


def test_a_session_expires(client, sim, moment):
    sim.log_ins.life = 600
    assert client.call("GET", "/limits").status_code == 200
    moment.seconds += 599
    assert client.call("GET", "/limits").status_code == 200
    moment.seconds += 1
    reply = client.call("GET", "/limits")
    assert client.code(reply) == (401, "INVALID_SESSION_ID")
    assert reply.json()[0]["message"] == "Session expired or invalid"
    assert "Sforce-Limit-Info" not in reply.headers


def test_sessions_can_be_ended_and_log_ins_refused(client, sim):
    assert client.call("GET", "/limits").status_code == 200
    sim.end_sessions()
    assert client.code(client.call("GET", "/limits")) == (401, "INVALID_SESSION_ID")
    client.log_in()
    assert client.call("GET", "/limits").status_code == 200
    sim.log_ins.fail = True
    assert client.log_in().status_code == 200
    assert client.call("GET", "/limits").status_code == 401, "a session that is given and never taken"
    sim.log_ins.refuse = True
    assert client.log_in().status_code == 400
    assert (sim.log_ins.count, sim.calls["login"]) == (4, 4)


def test_a_call_without_a_session_is_refused(client, sim):
    client.token = "guessed"
    assert client.code(client.call("POST", "/sobjects/Contact", {"LastName": "X"}))[0] == 401
    assert sim.contacts() == []


def test_log_ins_are_limited_by_the_hour(client, sim, moment):
    sim.log_ins.per_hour = 2
    assert [client.log_in().status_code for _ in range(3)] == [200, 200, 400]
    assert "rate exceeded" in client.log_in().json()["error_description"]
    assert "LOGIN_RATE_EXCEEDED" in soap(client, "x").text
    moment.seconds += 3_601
    assert client.log_in().status_code == 200


@pytest.mark.parametrize("flow", ["client_credentials", "jwt", "refresh", "password", "soap"])
def test_the_settings_of_each_flow_name_the_simulator(sim, flow):
    table = sim.config(flow)
    assert (table["adapter"], table["instance_url"]) == ("salesforce", sim.url)
