import { type Aim, webrtc } from "../api/client";
import type { Answer } from "../api/types";
import { type Reading, readingOf } from "./quality";
import { iceFragment, restartedAnswer, ufragOf } from "./sdp";

export type MediaState = "connecting" | "up" | "lost" | "failed";

interface Events {
  state(state: MediaState): void;
  remote(stream: MediaStream): void;
  /** By this ufrag the server tells pages apart. */
  offering(ufrag: string): void;
}

/** One RTCPeerConnection and its offers. The server is ICE-lite and tells its addresses, so the offer waits for no
 *  candidate of ours: our checks tell it where we are (RFC 8445 §7.3.1.3). */
export class Phone {
  private readonly connection: RTCPeerConnection;
  private readonly sender: RTCRtpSender;
  private callId: string | null = null;
  private answer = "";

  constructor(iceServers: RTCIceServer[], track: MediaStreamTrack, private readonly events: Events) {
    this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.sender = this.connection.addTransceiver(track, { direction: "sendrecv", streams: [new MediaStream([track])] }).sender;
    this.connection.ontrack = ({ track: remote, streams }) => events.remote(streams[0] ?? new MediaStream([remote]));
    this.connection.onconnectionstatechange = () => this.tell();
  }

  private tell(): void {
    switch (this.connection.connectionState) {
      case "connected": return this.events.state("up");
      case "disconnected": return this.events.state("lost");
      case "failed": return this.events.state("failed");
      case "closed": return;
      default: return this.events.state("connecting");
    }
  }

  async call(aim: Aim): Promise<Answer> {
    const offer = await this.connection.createOffer();
    this.events.offering(ufragOf(offer.sdp ?? ""));
    await this.connection.setLocalDescription(offer);
    const answer = await webrtc.offer(offer.sdp ?? "", aim);
    await this.connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    this.answer = answer.sdp;
    this.callId = answer.call_id;
    return answer;
  }

  /** New ICE credentials for the connection there is. Throws when the server will not have it. */
  async restartIce(): Promise<void> {
    if (!this.callId) throw new Error("there is no call to restart");
    const offer = await this.connection.createOffer({ iceRestart: true });
    const fragment = iceFragment(offer.sdp ?? "");
    if (!fragment) throw new Error("the offer has no ICE credentials");
    await this.connection.setLocalDescription(offer);
    const answer = restartedAnswer(this.answer, await webrtc.restart(this.callId, fragment, ufragOf(this.answer)));
    if (!answer) throw new Error("the server's answer has no ICE credentials");
    await this.connection.setRemoteDescription({ type: "answer", sdp: answer });
    this.answer = answer;
  }

  send(track: MediaStreamTrack): Promise<void> {
    return this.sender.replaceTrack(track);
  }

  /** Whether the key could be sent as a telephone event. */
  press(digit: string): boolean {
    if (!this.sender.dtmf?.canInsertDTMF) return false;
    this.sender.dtmf.insertDTMF(this.sender.dtmf.toneBuffer + digit, 160, 70);
    return true;
  }

  async reading(): Promise<Reading> {
    const report: Record<string, unknown>[] = [];
    (await this.connection.getStats()).forEach((stats: Record<string, unknown>) => report.push(stats));
    return readingOf(report, performance.now());
  }

  close(): void {
    this.connection.onconnectionstatechange = this.connection.ontrack = null;
    this.connection.close();
  }
}
