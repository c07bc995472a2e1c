"""Parley's HTTP API as the tests use it."""
import json
import urllib.error
import urllib.parse
import urllib.request

from processes import wait_until


class Problem(Exception):
    """An answer other than 2xx."""

    def __init__(self, status, body, headers):
        super().__init__(f"HTTP {status}: {body[:500]}")
        self.status, self.body, self.headers = status, body, headers


class Api:
    def __init__(self, base, token, tls=None):
        self.base, self.token, self.tls = base, token, tls

    def request(self, method, path, body=None, timeout=10):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=self.tls) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Problem(error.code, error.read().decode(errors="replace"), error.headers) from None

    def get(self, path):
        return json.loads(self.request("GET", path))

    def post(self, path, body):
        return json.loads(self.request("POST", path, body))

    def metrics(self):
        return self.request("GET", "/metrics").decode()

    def calls(self, **filters):
        return self.get("/api/v1/calls?" + urllib.parse.urlencode({"limit": 500, **filters}))["calls"]

    def call(self, call_id):
        return self.get(f"/api/v1/calls/{call_id}")

    def originate(self, to, **more):
        return self.post("/api/v1/calls", {"to": to, **more})

    def command(self, call_id, name, **body):
        return self.request("POST", f"/api/v1/calls/{call_id}/{name}", body)

    def hang_up(self, call_id):
        self.request("DELETE", f"/api/v1/calls/{call_id}")

    def active(self):
        return self.get("/health")["activeSessions"]

    def events(self, call_id, kind=None):
        return [event for event in self.call(call_id)["events"] if kind in (None, event["type"])]

    def transcript(self, call_id, speaker=None):
        return [turn for turn in self.call(call_id)["transcript"] if speaker in (None, turn["speaker"])]

    def recording(self, call_id, format="wav"):
        return self.request("GET", f"/api/v1/calls/{call_id}/recording?format={format}")

    def wait_for_call(self, condition=lambda call: True, timeout=10, seen=(), **filters):
        """The newest call that is not in `seen` and meets `condition`."""
        def found():
            return next((c for c in self.calls(**filters) if c["id"] not in seen and condition(c)), None)
        return wait_until(found, f"a call with {filters}", timeout)

    def wait_for(self, call_id, condition, what, timeout=10):
        """The call with transcript and events, once `condition(call)` holds."""
        def met():
            call = self.call(call_id)
            return call if condition(call) else None
        try:
            return wait_until(met, what, timeout, interval=0.1)
        except AssertionError as error:
            call = self.call(call_id)
            said = [(t["speaker"], t["text"]) for t in call["transcript"]]
            happened = [e["type"] for e in call["events"]]
            raise AssertionError(f"{error}; state {call['state']}, cause {call['end_cause']}, "
                                 f"transcript {said}, events {happened}") from None

    def wait_ended(self, call_id, timeout=10):
        return self.wait_for(call_id, lambda call: call["state"] == "ended", "the call's end", timeout)

    def wait_event(self, call_id, kind, timeout=10, count=1):
        def came(call):
            return sum(e["type"] == kind for e in call["events"]) >= count
        call = self.wait_for(call_id, came, f"event {kind}", timeout)
        return [e for e in call["events"] if e["type"] == kind]
