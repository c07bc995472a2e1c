// A server and a connection of paper: a page's states without a call.

const json = (body, status = 200, headers = {}) => ({ status, headers, contentType: "application/json", body: JSON.stringify(body) });

export const answers = {
  json,
  problem: (status, detail, headers = {}) => ({
    status, headers, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "", status, detail }),
  }),
};

/** In the page: an RTCPeerConnection that connects at once, to a voice that is a tone; `fakePeer(state)` changes its state. */
export function fakePeer() {
  const peers = new Set();
  window.fakePeer = (state) => peers.forEach((peer) => peer.become(state));
  window.RTCPeerConnection = class {
    connectionState = "new";
    constructor() { peers.add(this); }
    become(state) {
      this.connectionState = state;
      this.onconnectionstatechange?.();
    }
    addTransceiver() {
      return { sender: { dtmf: { canInsertDTMF: true, toneBuffer: "", insertDTMF: (tones) => { window.tones = (window.tones ?? "") + tones; } }, replaceTrack: async () => undefined } };
    }
    async createOffer() { return { type: "offer", sdp: "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\na=mid:0\r\n" }; }
    async setLocalDescription() {}
    async setRemoteDescription() {
      const context = new AudioContext();
      const [tone, sway, gain, out] = [context.createOscillator(), context.createOscillator(), context.createGain(), context.createMediaStreamDestination()];
      tone.frequency.value = 180;
      sway.frequency.value = 3;
      sway.connect(gain.gain);
      tone.connect(gain).connect(out);
      tone.start();
      sway.start();
      this.ontrack?.({ track: out.stream.getAudioTracks()[0], streams: [out.stream] });
      if (!window.fakeNeverConnects) setTimeout(() => this.become("connected"), 30);
    }
    async getStats() {
      window.fakePackets = (window.fakePackets ?? 100) + 100;
      return new Map([
        ["in", { type: "inbound-rtp", kind: "audio", packetsReceived: window.fakePackets, packetsLost: 0, jitter: 0.004, jitterBufferDelay: 4, jitterBufferEmittedCount: 100 }],
        ["pair", { type: "candidate-pair", nominated: true, state: "succeeded", currentRoundTripTime: 0.021 }],
      ]);
    }
    close() { peers.delete(this); }
  };
}

export const callId = "01KAPARLEY0000000000000001";

/** The API of a page that calls. `server.answers` may be changed while it runs; `server.tell(type, data)` is an event. */
export async function fakeServer(page, changes = {}) {
  const sockets = new Set(), opened = [];
  let seq = 0;
  const server = {
    answers: {
      session: json({ role: "caller", user: { id: "u1", name: "Alice" }, call_id: null, may_call: true, ice_servers: [] }),
      offer: json({ type: "answer", sdp: "v=0\r\n", call_id: callId, session: "session-token" }),
      log_in: answers.problem(401, "Wrong PIN."),
      call: json({ id: callId, state: "with_assistant", transcript: [], events: [] }),
      input: { status: 202 },
      transfer: json({ transfer_id: "t1" }, 202),
      ...changes,
    },
    asked: [],
    tell(type, data = {}) {
      const event = { cursor: `c-${++seq}`, seq, at: new Date().toISOString(), call_id: callId, type, data };
      sockets.forEach((socket) => socket.send(JSON.stringify(event)));
    },
    /** Until the page has its event stream open. */
    listening: () => (sockets.size > 0 ? Promise.resolve() : new Promise((resolve) => opened.push(resolve))),
  };
  const reply = (route, answer) => (answer === "unreachable" ? route.abort() : route.fulfill(answer));
  await page.routeWebSocket("**/api/v1/events*", (socket) => {
    sockets.add(socket);
    opened.splice(0).forEach((resolve) => resolve());
    socket.onClose(() => sockets.delete(socket));
  });
  const routes = [
    [/\/api\/v1\/sessions(\?|$)/, (request) => (request.method() === "POST" ? "log_in" : "session")],
    ["**/webrtc/offer", () => "offer"], ["**/webrtc/offer/*", () => "input"],
    [/\/api\/v1\/calls\/[^/]+$/, () => "call"], ["**/api/v1/calls/*/input", () => "input"], ["**/api/v1/calls/*/transfer", () => "transfer"],
  ];
  for (const [pattern, name] of routes) {
    await page.route(pattern, (route) => {
      const key = name(route.request());
      server.asked.push({ key, method: route.request().method(), body: route.request().postData() });
      return reply(route, server.answers[key]);
    });
  }
  return server;
}
