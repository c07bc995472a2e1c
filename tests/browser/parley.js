// A Parley under test: its own folder, ports and telephones (serve.py).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));

export class Parley {
  /** `config` replaces top-level keys of the configuration. With `turn` there is a TURN server on TCP: `parley.turn`. */
  static async start(config = {}, { turn = false } = {}) {
    const child = spawn("python3", ["serve.py", JSON.stringify(config), ...(turn ? ["--turn"] : [])], { cwd: folder, stdio: ["pipe", "pipe", "inherit"] });
    const parley = new Parley(child);
    Object.assign(parley, await parley.#next());
    return parley;
  }

  #child;
  #lines;

  constructor(child) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async #next() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("Parley's helper ended; what it said is above");
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(answer.error);
    return answer;
  }

  async #ask(request) {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.#next();
  }

  /** A telephone call from its beginning to its end: `{to, say, seconds}`. Its id. */
  async call(options) {
    return (await this.#ask({ do: "call", ...options })).id;
  }

  /** A call that stays: `{id, hangUp()}`. */
  async callAndHold(options) {
    const { id } = await this.#ask({ do: "call", hold: true, ...options });
    return { id, hangUp: () => this.#ask({}) };
  }

  /** A microphone: seconds of silence and words, in their order. The path of its WAV file. */
  async speak(...pieces) {
    return (await this.#ask({ do: "speak", pieces })).path;
  }

  /** The words in a WAV file, as Parley itself understands them. */
  async recognise(path) {
    return (await this.#ask({ do: "recognise", path })).text;
  }

  /** How well what was said is found in what was heard, both WAV files: 1 is the same, noise is near 0. */
  async follow(said, heard) {
    return (await this.#ask({ do: "follow", said, heard })).correlation;
  }

  /** `parley user …`: `{code, output}`. */
  user(...words) {
    return this.#ask({ do: "user", arguments: words });
  }

  /** What the API answers to the administrator. */
  async api(path, method = "GET", body = undefined) {
    const answer = await fetch(this.url + path, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, ...(body && { "Content-Type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    return answer.json();
  }

  async stop() {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    if (this.#child.exitCode !== 0) throw new Error(`Parley's helper ended with ${this.#child.exitCode}`);
  }
}
