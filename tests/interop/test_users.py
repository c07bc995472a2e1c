"""Who the caller is: users are added on the command line, log in with a PIN, and see what is theirs."""
import http.client
import json
import pathlib
import subprocess
import time
import unittest

from parley import BINARY, Parley
from processes import wait_until

MONITOR_KEY = "monitor-" * 4


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)

    @property
    def cookie(self):
        """Name and value of the cookie that was set."""
        return self.headers["Set-Cookie"].split(";")[0]


class UsersTest(unittest.TestCase):
    def setUp(self):
        self.parley = Parley({
            "api_keys": [{"name": "board", "key": MONITOR_KEY, "role": "monitor"}],
            "webrtc": {"ice_servers": [{"urls": ["turn:turn.example.com"], "secret": "north", "lifetime": "1h"}]},
            "routes": [{"to": "1000", "assistant": "reception"}], "test_extensions": [],
        }).start()
        self.addCleanup(self.parley.stop)
        self.host = f"127.0.0.1:{self.parley.http_port}"

    def user(self, *arguments, pin=None, fails=False):
        """`parley user …` beside the running service; what it said."""
        done = subprocess.run([BINARY, "user", *arguments, "--config", self.parley.write_config()], text=True,
                              input=pin and pin + "\n", capture_output=True, timeout=20, cwd=self.parley.folder)
        self.assertEqual(fails, done.returncode != 0, done)
        return done.stderr if fails else done.stdout

    def ask(self, method, path, body=None, cookie=None, token=None, origin=None, address=None):
        headers = {"Cookie": cookie, "Authorization": token and f"Bearer {token}", "Origin": origin,
                   "X-Forwarded-For": address, "Content-Type": body and "application/json"}
        connection = http.client.HTTPConnection(self.host, timeout=10)
        try:
            connection.request(method, path, body and json.dumps(body), {k: v for k, v in headers.items() if v})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def log_in(self, pin, **more):
        return self.ask("POST", "/api/v1/sessions", {"pin": pin}, **more)

    def session(self, **credentials):
        return self.ask("GET", "/api/v1/sessions", **credentials).json()

    def test_users_are_kept_by_the_command_line_while_the_service_runs(self):
        self.assertIn("no users yet", self.user("list"))
        self.assertIn("added Anna", self.user("add", "Anna", pin="493817"))
        self.assertIn("added Bert", self.user("add", "Bert", "--pin", "1234"))
        self.assertIn("another user has this PIN", self.user("add", "Carl", "--pin", "1234", fails=True))
        self.assertIn("already a user 'Anna'", self.user("add", "ANNA", "--pin", "5678", fails=True))
        self.assertIn("4 to 12 digits", self.user("add", "Carl", "--pin", "12x", fails=True))
        self.assertIn("no PIN on the standard input", self.user("add", "Carl", pin="", fails=True))
        self.assertIn("no user 'Carl'", self.user("set-pin", "Carl", "--pin", "5678", fails=True))
        self.assertEqual(["Anna", "Bert"], [line.split()[-1] for line in self.user("list").splitlines()])
        self.user("set-pin", "Bert", pin="5678")
        self.assertEqual(401, self.log_in("1234").status)
        self.assertEqual("Bert", self.log_in("5678").json()["user"]["name"])
        self.assertIn("removed Bert", self.user("remove", "bert"))
        self.assertEqual(0o600, pathlib.Path(self.parley.data, "secret").stat().st_mode & 0o777)
        for file in self.parley.data.iterdir():
            if file.name.startswith("parley.db"):
                self.assertNotIn(b"493817", file.read_bytes(), file)

    def test_a_pin_opens_a_session_for_the_page_and_for_programs(self):
        self.user("add", "Anna", pin="493817")

        answer = self.log_in("493817", origin=f"http://{self.host}")

        self.assertEqual(201, answer.status)
        self.assertEqual({"token", "session_id", "expires_at", "user"}, set(answer.json()))
        flags = [flag.strip() for flag in answer.headers["Set-Cookie"].split(";")[1:]]
        self.assertEqual(["Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=43200"], flags)
        for credentials in ({"cookie": answer.cookie}, {"token": answer.json()["token"]}):
            session = self.session(**credentials)
            self.assertEqual(("caller", "Anna", None), (session["role"], session["user"]["name"], session["call_id"]))
            server, = session["ice_servers"]
            ends, user = server["username"].split(":")
            self.assertAlmostEqual(time.time() + 3600, int(ends), delta=30)
            self.assertEqual(session["user"]["id"], user)
        self.assertEqual({"role": None, "user": None, "call_id": None, "may_call": False, "ice_servers": []},
                         self.session())

    def test_five_wrong_pins_make_the_address_wait(self):
        self.user("add", "Anna", pin="493817")
        self.assertEqual([401] * 5, [self.log_in(f"000{i}").status for i in range(5)])

        refused = self.log_in("493817")

        self.assertEqual(429, refused.status)
        self.assertGreater(int(refused.headers["Retry-After"]), 800)
        self.assertEqual("application/problem+json", refused.headers["Content-Type"])
        self.assertEqual(201, self.log_in("493817", address="198.51.100.7").status)

    def test_writes_with_a_cookie_come_from_our_pages_only(self):
        self.user("add", "Anna", pin="493817")
        cookie = self.log_in("493817").cookie
        for origin, status in ((None, 403), ("https://evil.example", 403), (f"http://{self.host}", 204)):
            self.assertEqual(status, self.ask("DELETE", "/api/v1/sessions", cookie=cookie, origin=origin).status, origin)
        self.assertIsNone(self.session(cookie=cookie)["role"])
        self.assertEqual(403, self.log_in("493817", origin="https://evil.example").status)

    def test_roles_see_and_do_what_is_theirs(self):
        self.user("add", "Anna", pin="493817")
        caller = self.log_in("493817").json()["token"]
        wishes = (("GET", "/api/v1/calls", None), ("GET", "/api/v1/calls/other", None),
                  ("POST", "/api/v1/calls/other/say", {"text": "hello"}), ("POST", "/api/v1/calls", {"to": "x"}))

        def allowed(token):
            return [self.ask(method, path, body, token=token).status for method, path, body in wishes]

        self.assertEqual([403, 403, 403, 403], allowed(caller))
        self.assertEqual([200, 404, 403, 403], allowed(MONITOR_KEY))
        self.assertEqual([200, 404, 404, 422], allowed(self.parley.api.token))
        self.assertEqual("monitor", self.session(token=MONITOR_KEY)["role"])

    def test_a_removed_user_is_logged_out_within_seconds(self):
        self.user("add", "Anna", pin="493817")
        self.user("add", "Bert", pin="1234")
        anna, bert = self.log_in("493817").cookie, self.log_in("1234").cookie
        self.user("remove", "Anna")

        wait_until(lambda: self.session(cookie=anna)["role"] is None, "Anna's session has ended", 12)

        self.assertEqual("caller", self.session(cookie=bert)["role"])


if __name__ == "__main__":
    unittest.main()
