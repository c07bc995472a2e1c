#!/usr/bin/python3
"""A WebRTC telephone on aiortc: offers to Parley over HTTP or SIP, plays one file, records what it hears, and hangs up.

A program of its own, because Debian's aiortc belongs to Debian's Python.
"""
import argparse
import asyncio
import json
import re
import secrets
import urllib.request

import aioice.ice
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer, MediaRecorder

from sip_client import Response, SipClient

aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]  # loopback is left out otherwise


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("url", help="of Parley: http://127.0.0.1:8080")
    parser.add_argument("to", help="the extension")
    parser.add_argument("play", help="a WAV file")
    parser.add_argument("record", help="where the WAV file of what was heard goes")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--dtls", choices=["active", "passive"], default="active", help="our role")
    parser.add_argument("--whip", action="store_true")
    parser.add_argument("--impostor", action="store_true", help="announces another certificate than its own")
    parser.add_argument("--noisy", action="store_true", help="sends each packet of sound once more, and forged")
    parser.add_argument("--sip", type=int, metavar="PORT", help="offer in an INVITE, as JsSIP does, to this UDP port")
    parser.add_argument("--hold", action="store_true", help="with --sip: hold for two seconds in the middle")
    return parser.parse_args()


def post(url, body, content_type):
    request = urllib.request.Request(url, body.encode(), {"Content-Type": content_type})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode(), answer.headers


def make_noisy(connection):
    """Behind the protection of SRTP, where an attacker on the way would stand."""
    for transceiver in connection.getTransceivers():
        transport = transceiver._transport.transport  # ICE, below DTLS
        send = transport._send

        async def thrice(data, send=send):
            is_media = 128 <= data[0] < 192
            if is_media:  # before the genuine one: after it, it would be taken for a replay
                await send(data[:-1] + bytes([data[-1] ^ 1]))
            await send(data)
            if is_media:
                await send(data)
        transport._send = thrice


class Dialog:
    """Offers and answers in INVITEs of one dialog."""

    def __init__(self, port, to):
        self.client, self.to = SipClient(port), to
        self.call_id, self.to_tag, self.cseq = secrets.token_hex(8), None, 0

    def _request(self, method, **options):
        self.client.send(self.client.request(method, self.to, call_id=self.call_id, to_tag=self.to_tag, **options))

    def invite(self, offer):
        self.cseq += 1
        self._request("INVITE", cseq=self.cseq, body=offer)
        answer = self.client.final(cseq=f"{self.cseq} INVITE")
        assert answer.status == 200, answer.text
        self.to_tag = re.search(r";tag=([^;\s>]+)", answer.header("To"))[1]
        self._request("ACK", cseq=self.cseq)
        return answer.text.partition("\r\n\r\n")[2]

    def bye(self):
        self.cseq += 1
        self._request("BYE", cseq=self.cseq)
        answer: Response = self.client.final(cseq=f"{self.cseq} BYE")
        assert answer.status == 200, answer.text


async def renegotiate(connection, dialog, direction):
    connection.getTransceivers()[0].direction = direction
    await connection.setLocalDescription(await connection.createOffer())
    answer = await asyncio.to_thread(dialog.invite, connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    print(f"{direction} answered {re.search(r'^a=(sendrecv|sendonly|recvonly|inactive)', answer, re.M)[1]}", flush=True)


async def main(options):
    connection = RTCPeerConnection()
    recorder = MediaRecorder(options.record)
    player = MediaPlayer(options.play)
    connection.addTrack(player.audio)
    connection.on("track", recorder.addTrack)
    connected = asyncio.Event()

    @connection.on("connectionstatechange")
    def changed():
        print(f"state {connection.connectionState}", flush=True)
        if connection.connectionState in ("connected", "failed", "closed"):
            connected.set()

    await connection.setLocalDescription(await connection.createOffer())
    offer = connection.localDescription.sdp
    if options.impostor:
        offer = re.sub(r"(a=fingerprint:sha-256 )..", lambda found: found[1] + ("00" if found[0][-2:] != "00" else "01"), offer)
    if options.noisy:
        make_noisy(connection)
    if options.dtls == "passive":
        offer = offer.replace("a=setup:actpass", "a=setup:passive")
    dialog = Dialog(options.sip, options.to) if options.sip else None
    if dialog:
        answer = await asyncio.to_thread(dialog.invite, offer)
    elif options.whip:
        answer, headers = post(f"{options.url}/whip/{options.to}", offer, "application/sdp")
        print(f"resource {headers['Location']}", flush=True)
    else:
        text, _ = post(f"{options.url}/webrtc/offer",
                       json.dumps({"sdp": offer, "type": "offer", "to": options.to}), "application/json")
        answer = json.loads(text)["sdp"]
        print(f"call {json.loads(text)['call_id']}", flush=True)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    if options.dtls == "passive":
        for transceiver in connection.getTransceivers():
            transceiver._transport._set_role("server")
    await recorder.start()
    await asyncio.wait_for(connected.wait(), 15)
    await asyncio.sleep(options.seconds)  # the length of the call
    if options.hold:
        await renegotiate(connection, dialog, "sendonly")
        await asyncio.sleep(2)  # held
        await renegotiate(connection, dialog, "sendrecv")
        await asyncio.sleep(2)  # and talking again
    if dialog:
        await asyncio.to_thread(dialog.bye)
    await connection.close()
    await recorder.stop()


asyncio.run(main(arguments()))
