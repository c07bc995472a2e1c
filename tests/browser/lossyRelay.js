// A bad network between a browser and Parley's media port: loses, delays, reorders, repeats datagrams, by a seed, and can
// be cut. The page's candidates are bent to it, so that all of ICE, DTLS and RTP passes through.
import { createSocket } from "node:dgram";
import { once } from "node:events";

/** Random numbers from a seed (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export class LossyRelay {
  /** `loss` and `repeat` are shares of all datagrams, `delay` and `jitter` milliseconds. */
  constructor({ loss = 0, repeat = 0, delay = 0, jitter = 0, seed = 1 } = {}) {
    Object.assign(this, { loss, repeat, delay, jitter, cut: false, seen: 0, lost: 0 });
    this.random = randomFrom(seed);
    this.clients = new Map(); // the browser's address: a socket of ours that Parley sees in its place
    this.timers = new Set();
    this.server = 0;
  }

  async start() {
    this.front = createSocket("udp4", (datagram, from) => this.#fromBrowser(datagram, from));
    this.front.bind(0, "127.0.0.1");
    await once(this.front, "listening");
    this.port = this.front.address().port;
    return this;
  }

  stop() {
    this.timers.forEach(clearTimeout);
    for (const socket of this.clients.values()) socket.close();
    this.front.close();
  }

  /** Answers of Parley then name this relay: one UDP candidate, and no way around it. */
  async bend(page) {
    const bent = (text) => {
      let kept = false;
      return text.replace(/a=candidate:[^\r\n]*(?:\\r\\n|\r\n)/g, (line) => {
        const match = /^(a=candidate:\S+ 1 )udp( \d+ )(\S+) (\d+)( typ host)/i.exec(line);
        if (!match || match[3] !== "127.0.0.1" || kept) return "";
        kept = true;
        this.server = Number(match[4]);
        return line.replace(`${match[3]} ${match[4]}`, `127.0.0.1 ${this.port}`);
      });
    };
    await page.route("**/webrtc/offer{,/*}", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: bent(await response.text()) });
    });
  }

  #fromBrowser(datagram, from) {
    const key = `${from.address}:${from.port}`;
    let socket = this.clients.get(key);
    if (!socket) {
      if (this.clients.size >= 64) return;
      socket = createSocket("udp4", (answer) => this.#pass(answer, this.front, from.port, from.address));
      socket.bind(0, "127.0.0.1");
      this.clients.set(key, socket);
    }
    this.#pass(datagram, socket, this.server, "127.0.0.1");
  }

  #pass(datagram, through, port, address) {
    this.seen += 1;
    if (this.cut || this.random() < this.loss || this.timers.size > 4096) {
      this.lost += 1;
      return;
    }
    const copies = this.random() < this.repeat ? 2 : 1;
    for (let i = 0; i < copies; ++i) {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        through.send(datagram, port, address, () => undefined); // a side that has gone is the same as loss
      }, this.delay + this.random() * this.jitter);
      this.timers.add(timer);
    }
  }
}
