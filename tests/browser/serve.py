"""A Parley for the browser tests: starts one, says where it is as a line of JSON, then does what lines of JSON ask.

    {"do": "call", "to": "1000", "say": "what time is it", "seconds": 8}   a telephone call, which is answered with its id
    {"do": "user", "arguments": ["add", "Alice", "--pin", "4711"]}         `parley user …`
    {"do": "speak", "pieces": [5, "what time is it", 20]}                  a microphone's WAV file: seconds of silence, words
    {"do": "recognise", "path": "heard.wav"}                               the words in a WAV file, by Parley's own ears
    {"do": "follow", "said": "a.wav", "heard": "b.wav"}                    how well the one is found in the other, 0 to 1

With `--turn` there is a TURN server too (coturn), which the configuration names.

It ends, and Parley with it, when its input ends.
"""
import contextlib
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "interop"))

import ports  # noqa: E402
import sound  # noqa: E402
from coturn import Coturn  # noqa: E402
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
            if say:
                wait_until(lambda: len(parley.api.transcript(call_id)) >= 3, "greeting, question and answer", 60)
    parley.api.wait_ended(call_id)
    return {"id": call_id}


def speak(parley, pieces, voice="kal16"):
    made = sound.silence(0, 16000)
    for piece in pieces:
        made = made + (sound.speech(piece, 16000, voice) if isinstance(piece, str) else sound.silence(piece, 16000))
    return {"path": str(made.save(parley.folder / f"microphone-{time.monotonic_ns()}.wav"))}


def recognise(parley, path):
    """Played to the dictation extension."""
    heard = sound.channels(path)[0].resampled(8000)
    seen = {c["id"] for c in parley.api.calls()}
    with RtpPhone(parley.sip_port, "9198", sound.silence(0.5, 8000) + heard + sound.silence(2, 8000), user="ears") as phone:
        call_id = parley.api.wait_for_call(seen=seen)["id"]
        phone.finish_saying()
        phone.stay(3)
    parley.api.wait_ended(call_id)
    return {"text": " ".join(t["text"] for t in parley.api.transcript(call_id))}


def follow(parley, said, heard):
    one, other = (sound.channels(path)[0].resampled(16000) for path in (said, heard))
    fits = [window.correlation for window in sound.follow(one, other)]
    return {"correlation": sound.upper_quartile(fits)}


def user(parley, arguments):
    done = subprocess.run([BINARY, "--config", parley.folder / "parley.yaml", "user", *arguments],
                          capture_output=True, text=True, timeout=20, cwd=parley.folder)
    return {"code": done.returncode, "output": done.stdout + done.stderr}


def main():
    config = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    with contextlib.ExitStack() as stack:
        turn = {}
        if "--turn" in sys.argv:
            coturn = stack.enter_context(Coturn())
            turn = {"turn": coturn.ice_servers[0]}
            config["webrtc"] = {"udp_port": ports.port(), "ice_servers": coturn.ice_servers}
        tls = config.pop("http_tls", None)
        parley = Parley(config)
        if tls:
            parley.config["http"]["tls"] = tls
        parley.start(timeout=120)  # loading speech models takes its time where other tests run, too
        stack.callback(parley.stop)
        answer({**turn, "url": parley.url, "token": parley.api.token, "sip_port": parley.sip_port,
                "data": str(parley.data), "log": str(parley.folder / "parley.log")})
        for line in sys.stdin:
            request = json.loads(line)
            what = request.pop("do")
            try:
                answer({"call": call, "user": user, "speak": speak, "recognise": recognise, "follow": follow}[what](parley, **request))
            except Exception as error:  # whatever it is belongs to the test that asked
                answer({"error": f"{type(error).__name__}: {error}"})


main()
