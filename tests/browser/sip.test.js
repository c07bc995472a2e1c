// JsSIP, the telephone of browser pages, over WebSocket: signalling only (it has no media outside a browser).
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import JsSIP from "jssip";
import WebSocket from "ws";
import { Parley } from "./parley.js";

// The certificate of the server under test is its own.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

/** What JsSIP wants of a socket, over `ws`: it must not verify the self-signed certificate. */
class Socket {
  #url;
  #socket;

  constructor(url) {
    this.#url = url;
    this.via_transport = url.startsWith("wss") ? "WSS" : "WS";
    this.sip_uri = `sip:${new URL(url).host};transport=ws`;
  }

  get url() {
    return this.#url;
  }

  connect() {
    this.#socket = new WebSocket(this.#url, "sip", { rejectUnauthorized: false });
    this.#socket.on("open", () => this.onconnect());
    this.#socket.on("close", (code, reason) => this.ondisconnect(code !== 1000, code, String(reason)));
    this.#socket.on("error", () => {}); // "close" follows
    this.#socket.on("message", (data, binary) => this.ondata(binary ? data : String(data)));
  }

  disconnect() {
    this.#socket?.close(1000);
  }

  send(message) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(message);
    return true;
  }

  isConnected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  isConnecting() {
    return this.#socket?.readyState === WebSocket.CONNECTING;
  }
}

function telephone(parley, password = "secret") {
  const url = `${parley.url.replace("http", "ws")}/sip`;
  const agent = new JsSIP.UA({
    sockets: [new Socket(url)],
    uri: "sip:2001@parley.invalid",
    realm: "parley",
    password,
    register: false,
    session_timers: false,
  });
  agent.start();
  return agent;
}

/** Of `ua.sendOptions()`: its response. */
function options(agent, target) {
  return new Promise((resolve, reject) => {
    agent.sendOptions(target, null, {
      eventHandlers: { succeeded: ({ response }) => resolve(response), failed: (event) => reject(new Error(event.cause)) },
    });
  });
}

for (const [name, http] of [
  ["WebSocket", {}],
  ["secure WebSocket", { tls: { self_signed: true } }],
]) {
  test(`JsSIP over ${name}`, { timeout: 60_000 }, async (t) => {
    const parley = await Parley.start({ http_tls: http.tls, agents: [{ extension: "2001", password: "secret" }] });
    t.after(() => parley.stop());

    await t.test("asks for options", async () => {
      const agent = telephone(parley);
      await once(agent, "connected");
      const response = await options(agent, "sip:1000@parley.invalid");
      assert.equal(response.status_code, 200);
      assert.match(response.getHeader("Via"), http.tls ? /SIP\/2\.0\/WSS .*\.invalid/ : /SIP\/2\.0\/WS .*\.invalid/);
      agent.stop();
    });

    await t.test("registers, and the agent is available", async () => {
      const agent = telephone(parley);
      await once(agent, "connected");
      const answered = Promise.race([once(agent, "registered"), once(agent, "registrationFailed")]);
      agent.register();
      const [{ response }] = await answered;
      assert.equal(response.status_code, 200);
      const { agents } = await parley.api("/api/v1/agents");
      assert.deepEqual(
        agents.map(({ extension, presence, contact }) => ({ extension, presence, contact })),
        [{ extension: "2001", presence: "available", contact: http.tls ? "wss" : "ws" }],
      );
      agent.stop();
    });

    await t.test("with a wrong password it is refused", async () => {
      const agent = telephone(parley, "guessed");
      await once(agent, "connected");
      const answered = Promise.race([once(agent, "registered"), once(agent, "registrationFailed")]);
      agent.register();
      const [{ response }] = await answered;
      assert.ok([401, 403].includes(response.status_code), String(response.status_code));
      agent.stop();
    });
  });
}
