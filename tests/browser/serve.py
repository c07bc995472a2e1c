"""A Parley for the browser tests: starts one, says where it is as a line of JSON, then does what lines of JSON ask.

    {"do": "call", "to": "1000", "say": "what time is it", "seconds": 8}   a telephone call, which is answered with its id
    {"do": "user", "arguments": ["add", "Alice", "--pin", "4711"]}         `parley user …`

It ends, and Parley with it, when its input ends.
"""
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

import sound  # noqa: E402
from parley import BINARY, Parley  # noqa: E402
from processes import wait_until  # noqa: E402
from rtp_phone import RtpPhone  # noqa: E402


def answer(value):
    print(json.dumps(value), flush=True)


def call(parley, to, say="", seconds=4.0, hold=False, user="alice"):
    """A call that says something, waits, and hangs up. With `hold` it stays until the next line."""
    seen = {c["id"] for c in parley.api.calls()}
    spoken = sound.silence(1.5, 8000) + (sound.speech(say, 8000) if say else sound.silence(0.1, 8000))
    with RtpPhone(parley.sip_port, to, spoken, user=user):
        call_id = parley.api.wait_for_call(seen=seen)["id"]
        if hold:
            answer({"id": call_id})
            sys.stdin.readline()
        else:
            parley.api.wait_event(call_id, "call.answered")
            answered = time.monotonic()
            wait_until(lambda: time.monotonic() - answered >= seconds, "the call's time", seconds + 10)
    parley.api.wait_ended(call_id)
    return {"id": call_id}


def user(parley, arguments):
    done = subprocess.run([BINARY, "--config", parley.folder / "parley.yaml", "user", *arguments],
                          capture_output=True, text=True, timeout=20, cwd=parley.folder)
    return {"code": done.returncode, "output": done.stdout + done.stderr}


def main():
    config = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    with Parley(config) as parley:
        answer({"url": f"http://127.0.0.1:{parley.http_port}", "token": parley.api.token, "sip_port": parley.sip_port,
                "data": str(parley.data), "log": str(parley.folder / "parley.log")})
        for line in sys.stdin:
            request = json.loads(line)
            what = request.pop("do")
            try:
                answer(call(parley, **request) if what == "call" else user(parley, **request))
            except Exception as error:  # whatever it is belongs to the test that asked
                answer({"error": f"{type(error).__name__}: {error}"})


main()
