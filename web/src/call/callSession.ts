import { type Aim, calls, session as sessions, webrtc } from "../api/client";
import { EventStream } from "../api/events";
import { Problem } from "../api/problem";
import type { Answer, CallEvent } from "../api/types";
import { CallLog } from "../transcript/callLog";
import { type CallModel, firstModel } from "./callModel";
import { LevelMeter, silenceDb } from "./levels";
import { type DeviceChoice, deviceChoice, MicrophoneError, openMicrophone, silentTrack } from "./microphone";
import { type MediaState, Phone } from "./phone";
import { connectionLost, elsewhere, expired, microphoneTrouble, refusedCall, refusedTransfer, takenOver, type Trouble } from "./problems";
import { qualityOf, type Reading } from "./quality";
import { afterRefusal, due, hurried, lost, type Recovery, took } from "./recovery";
import { ResponseClock } from "./responseClock";
import { savedCall } from "./savedCall";
import { Store } from "./store";
import { Takeover } from "./takeover";

const readEveryMs = 2_000;
const checkEveryMs = 250;
/** A first connection that takes longer than this is treated like a lost one. */
const connectWithinMs = 8_000;

/** The caller's call, from the button to its end: what the page shows is `model`. */
export class CallSession extends Store<CallModel> {
  private context: AudioContext | null = null;
  private near: LevelMeter | null = null;
  private far: LevelMeter | null = null;
  private track: MediaStreamTrack | null = null;
  private phone: Phone | null = null;
  private token: string | null = null;
  private iceServers: RTCIceServer[] = [];
  private stream: EventStream | null = null;
  private log = new CallLog();
  private recovery: Recovery | null = null;
  private failed = false;
  private pressedAt: number | null = null;
  private busy = false;
  private reading: Reading | null = null;
  private responses = new ResponseClock();
  private timers: ReturnType<typeof setInterval>[] = [];
  private fetchTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly audio = new Audio();
  private readonly takeover = new Takeover({
    taken: (callId) => (callId === this.model.callId ? this.lose() : this.point(callId)),
    ended: (endCause) => this.set({ trouble: null, callId: null, view: { ...this.model.view, activity: "ended", endCause } }),
  });
  /** Of this page's own offers. */
  private readonly ufrags = new Set<string>();

  constructor() {
    super(firstModel);
    this.audio.autoplay = true;
    addEventListener("pagehide", () => this.remember());
    addEventListener("online", () => this.hurry());
    (navigator as { connection?: EventTarget }).connection?.addEventListener?.("change", () => this.hurry());
  }

  private get active(): boolean {
    return this.model.phase !== "idle" && this.model.phase !== "over";
  }

  // ---- beginning

  async start(options: { typed?: boolean; to?: string | null } = {}): Promise<void> {
    if (this.active) return;
    const pressed = performance.now();
    this.reset({ typed: options.typed ?? false });
    await this.attempt(async () => {
      await this.prepare(options.to);
      const answer = await this.dial(options.to ? { to: options.to } : {});
      this.pressedAt = pressed;
      this.joined(answer.call_id, answer.session);
    });
  }

  /** Takes up the call of before the reload, if there still is one. */
  async resume(): Promise<void> {
    const saved = savedCall.load();
    if (!saved || this.active) return;
    await this.rejoin(saved.call_id, { session: saved.session }, saved);
  }

  /** The session has a call: when it goes on, and not here, the caller can have it here. */
  async notice(callId: string): Promise<void> {
    const detail = await calls.show(callId).catch(() => null);
    if (detail && detail.state !== "ended") this.point(callId);
  }

  /** To a call that another page has. */
  private point(callId: string): void {
    if (this.model.phase !== "idle" || this.model.trouble) return;
    this.token = null;
    this.set({ callId, trouble: elsewhere });
    this.takeover.watch(callId);
  }

  /** Another page has the call: bring it here. */
  async takeOver(): Promise<void> {
    const { callId } = this.model;
    if (!callId || this.active) return;
    await this.rejoin(callId, this.token ? { session: this.token } : { call_id: callId }, this.model);
  }

  private async rejoin(callId: string, aim: Aim, { typed, muted }: { typed: boolean; muted: boolean }): Promise<void> {
    this.reset({ typed, muted, phase: "recovering", callId });
    await this.attempt(async () => {
      await this.prepare();
      const answer = await this.dial(aim);
      this.joined(answer.call_id, answer.session);
    }, true);
  }

  /** Another page has taken the call. */
  private lose(): void {
    if (!this.active) return;
    this.end(takenOver, true);
    this.takeover.watch(this.model.callId!);
  }

  private reset(more: Partial<CallModel>): void {
    this.log = new CallLog();
    this.responses = new ResponseClock();
    this.reading = null;
    this.recovery = null;
    this.pressedAt = null;
    this.takeover.forget();
    const { volume, choice } = this.model;
    this.set({ ...firstModel, volume, choice, phase: "starting", ...more });
  }

  private async prepare(to: string | null = null): Promise<void> {
    this.context ??= new AudioContext();
    void this.context.resume();
    this.near ??= new LevelMeter(this.context);
    this.far ??= new LevelMeter(this.context);
    const opened = this.model.typed ? silentTrack(this.context) : openMicrophone(this.model.choice);
    const shown = sessions.show(to).catch(() => null);
    this.track = await opened;
    this.track.enabled = !this.model.muted;
    this.near.attach(this.track);
    this.iceServers = (await shown)?.ice_servers ?? [];
  }

  private async dial(aim: Aim): Promise<Answer> {
    this.phone?.close();
    this.failed = false;
    const phone: Phone = new Phone(this.iceServers, this.track!, {
      state: (state) => this.phone === phone && this.onMedia(state),
      remote: (stream) => this.phone === phone && this.onRemote(stream),
      offering: (ufrag) => this.ufrags.add(ufrag),
    });
    this.phone = phone;
    return phone.call(aim);
  }

  private async attempt(work: () => Promise<void>, resuming = false): Promise<void> {
    try {
      await work();
    } catch (error) {
      const trouble = this.troubleOf(error, resuming);
      const over = trouble === expired && (await this.hasEnded());
      this.end(over ? null : trouble, false);
      if (resuming && !(error instanceof MicrophoneError)) savedCall.clear();
    }
  }

  /** Whether the call is over, as far as we may know: then nothing has expired. */
  private async hasEnded(): Promise<boolean> {
    const detail = this.model.callId ? await calls.show(this.model.callId).catch(() => null) : null;
    return detail?.state === "ended";
  }

  private troubleOf(error: unknown, resuming: boolean): Trouble {
    if (error instanceof MicrophoneError) return microphoneTrouble(error.problem);
    if (!(error instanceof Problem)) return { id: "failed", title: "The call could not be set up", text: String(error), remedy: "retry" };
    return resuming && afterRefusal(error.status) === "expired" ? expired : refusedCall(error);
  }

  private joined(callId: string, token: string): void {
    this.token = token;
    this.set({ callId });
    this.takeover.announce(callId);
    this.remember();
    this.recovery ??= { ...lost(performance.now()), stepAt: performance.now() + connectWithinMs };
    this.stream?.close();
    this.stream = new EventStream({ event: (event) => this.onEvent(event), gap: () => this.fetchSoon(0) }, callId);
    this.fetchSoon(0);
    this.timers.forEach(clearInterval);
    this.timers = [
      setInterval(() => void this.check(), checkEveryMs),
      setInterval(() => void this.read(), readEveryMs),
      setInterval(() => this.listen(), 20),
    ];
  }

  private remember(): void {
    if (!this.active || !this.token || !this.model.callId) return;
    savedCall.save({ session: this.token, call_id: this.model.callId, muted: this.model.muted, typed: this.model.typed });
  }

  // ---- what comes from the server

  private onEvent(event: CallEvent): void {
    if (event.call_id !== this.model.callId || !this.active) return;
    if (event.type === "leg.taken_over" && !this.ufrags.has(String(event.data.ice_ufrag))) return this.lose();
    this.log.add(event);
    const view = this.log.view;
    this.set({ view, ...(event.type.startsWith("transfer.") && { askingForPerson: false, noPerson: null }) });
    if (view.state === "ended") return this.end(null, true);
    if (this.log.incomplete || !this.log.explained) this.fetchSoon(400);
  }

  /** The stored call knows what the events don't: words that were not heard, timings, who provided them. */
  private fetchSoon(ms: number): void {
    clearTimeout(this.fetchTimer);
    this.fetchTimer = setTimeout(async () => {
      const id = this.model.callId;
      if (!id) return;
      const detail = await calls.show(id).catch(() => null);
      if (!detail || id !== this.model.callId) return;
      this.log.merge(detail.events ?? [], detail.transcript ?? []);
      this.set({ view: this.log.view });
      if (detail.state === "ended" && this.active) this.end(null, true);
    }, ms);
  }

  private onRemote(stream: MediaStream): void {
    this.audio.srcObject = stream;
    this.audio.volume = this.model.volume;
    this.far?.attach(stream.getAudioTracks()[0] ?? null);
    void this.applySpeaker();
    this.play();
  }

  play(): void {
    this.audio.play().then(() => this.set({ soundBlocked: false }), () => this.set({ soundBlocked: this.active }));
    void this.context?.resume();
  }

  // ---- the connection

  private onMedia(state: MediaState): void {
    if (!this.active) return;
    this.failed = state === "failed";
    if (state === "up") {
      this.recovery = null;
      const setupMs = this.pressedAt === null ? this.model.setupMs : performance.now() - this.pressedAt;
      this.pressedAt = null;
      this.set({ phase: "live", setupMs, startedAt: this.model.startedAt ?? Date.now() });
    } else if ((state === "lost" || state === "failed") && !this.recovery) {
      this.recovery = lost(performance.now());
      this.set({ phase: "recovering" });
    }
  }

  private hurry(): void {
    if (this.recovery) this.recovery = hurried(this.recovery);
  }

  private async check(): Promise<void> {
    if (!this.recovery || this.busy || !this.active) return;
    const step = due(this.recovery, performance.now(), { failed: this.failed, online: navigator.onLine });
    if (step === "wait") return;
    if (step === "give_up") return this.end(connectionLost, true);
    this.recovery = took(this.recovery, performance.now());
    this.set({ phase: "recovering" });
    this.busy = true;
    try {
      if (step === "restart") await this.phone?.restartIce();
      else await this.dialAgain();
    } catch (error) {
      if (error instanceof Problem && error.status === 412) return this.lose();
      // The next step is another one, and the deadline bounds them all.
      if (step === "restart" && this.recovery) this.recovery = hurried(this.recovery);
    } finally {
      this.busy = false;
    }
  }

  private async dialAgain(): Promise<void> {
    try {
      const answer = await this.dial({ session: this.token ?? "" });
      this.token = answer.session;
      this.remember();
    } catch (error) {
      if (!(error instanceof Problem) || afterRefusal(error.status) === "retry") throw error;
      this.end((await this.hasEnded()) ? null : expired, true);
    }
  }

  private async read(): Promise<void> {
    this.remember();
    const now = await this.phone?.reading().catch(() => null);
    if (!now) return;
    if (this.reading) this.set({ quality: qualityOf(this.reading, now) });
    this.reading = now;
  }

  private listen(): void {
    const latency = this.responses.feed(performance.now(), this.model.muted ? silenceDb : this.levels().near, this.levels().far);
    if (latency !== null) this.set({ latenciesMs: [...this.model.latenciesMs.slice(-49), latency] });
  }

  levels(): { near: number; far: number } {
    return { near: this.model.muted ? silenceDb : (this.near?.db() ?? silenceDb), far: this.far?.db() ?? silenceDb };
  }

  // ---- what the caller does

  mute(muted: boolean): void {
    if (this.track) this.track.enabled = !muted;
    this.set({ muted });
    this.remember();
  }

  setVolume(volume: number): void {
    this.audio.volume = volume;
    this.set({ volume });
  }

  press(digit: string): boolean {
    return this.phone?.press(digit) ?? false;
  }

  async say(text: string): Promise<void> {
    if (this.model.callId) await calls.input(this.model.callId, text);
  }

  /** Asks for a person; what comes of it is told by events. */
  async askForPerson(): Promise<void> {
    const id = this.model.callId;
    if (!id) return;
    this.set({ askingForPerson: true, noPerson: null });
    try {
      await calls.transfer(id);
    } catch (error) {
      this.set({ askingForPerson: false, noPerson: refusedTransfer(error instanceof Problem ? error : new Problem(0, String(error))) });
    }
  }

  /** The caller stays with the assistant. That it is too late is told by events, too. */
  async neverMind(): Promise<void> {
    if (this.model.callId) await calls.cancelTransfer(this.model.callId).catch(() => undefined);
  }

  async choose(choice: DeviceChoice): Promise<void> {
    deviceChoice.save(choice);
    this.set({ choice });
    await this.applySpeaker();
    if (!this.active || this.model.typed) return;
    try {
      const track = await openMicrophone(choice);
      track.enabled = !this.model.muted;
      await this.phone?.send(track);
      this.track?.stop();
      this.track = track;
      this.near?.attach(track);
      this.set({ trouble: null });
    } catch (error) {
      if (error instanceof MicrophoneError) this.set({ trouble: microphoneTrouble(error.problem) });
    }
  }

  private async applySpeaker(): Promise<void> {
    // A speaker that is gone leaves the sound where it is.
    if ("setSinkId" in this.audio) await this.audio.setSinkId(this.model.choice.speaker).catch(() => undefined);
  }

  hangUp(): void {
    const id = this.model.callId;
    this.set({ view: { ...this.model.view, endCause: "caller_hangup" } });
    this.end(null, true);
    if (id) void webrtc.hangUp(id).catch(() => calls.hangUp(id)).catch(() => undefined);
  }

  dismiss(): void {
    this.set({ trouble: null, phase: this.active ? this.model.phase : "idle" });
  }

  /** `forget`: a reload is not to come back to this call. */
  private end(trouble: Trouble | null, forget: boolean): void {
    this.timers.forEach(clearInterval);
    this.timers = [];
    this.stream?.close();
    this.phone?.close();
    this.track?.stop();
    this.near?.attach(null);
    this.far?.attach(null);
    this.audio.srcObject = null;
    this.stream = this.phone = this.track = this.recovery = null;
    if (forget) savedCall.clear();
    this.set({ phase: this.model.callId ? "over" : "idle", trouble, quality: null, soundBlocked: false, askingForPerson: false, noPerson: null, view: { ...this.model.view, activity: "ended", callerSpeaks: false } });
    if (this.model.callId) this.fetchSoon(800);
  }
}
