export interface Processing {
  echoCancellation: boolean;
  noiseSuppression: boolean;
  autoGainControl: boolean;
}

export interface DeviceChoice extends Processing {
  microphone: string;
  speaker: string;
}

export const defaultChoice: DeviceChoice = {
  microphone: "", speaker: "", echoCancellation: true, noiseSuppression: true, autoGainControl: true,
};

const key = "parley.devices";

export const deviceChoice = {
  load(): DeviceChoice {
    try {
      return { ...defaultChoice, ...(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<DeviceChoice>) };
    } catch {
      return defaultChoice;
    }
  },
  save: (choice: DeviceChoice): void => localStorage.setItem(key, JSON.stringify(choice)),
};

export type MicrophoneProblem = "refused" | "missing" | "busy" | "insecure";

export class MicrophoneError extends Error {
  constructor(readonly problem: MicrophoneProblem) {
    super(problem);
  }
}

export function problemOf(errorName: string): MicrophoneProblem {
  if (errorName === "NotFoundError" || errorName === "OverconstrainedError") return "missing";
  if (errorName === "NotReadableError" || errorName === "AbortError") return "busy";
  return "refused";
}

/** `ideal`, so that a device that was unplugged since is replaced by another one. */
export function constraintsOf(choice: DeviceChoice): MediaTrackConstraints {
  const { echoCancellation, noiseSuppression, autoGainControl } = choice;
  return {
    echoCancellation, noiseSuppression, autoGainControl, channelCount: { ideal: 1 },
    ...(choice.microphone && { deviceId: { ideal: choice.microphone } }),
  };
}

export async function openMicrophone(choice: DeviceChoice): Promise<MediaStreamTrack> {
  // Browsers hide mediaDevices from pages that did not come over HTTPS or from localhost.
  if (!window.isSecureContext || !navigator.mediaDevices) throw new MicrophoneError("insecure");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: constraintsOf(choice) });
    return stream.getAudioTracks()[0]!;
  } catch (error) {
    throw new MicrophoneError(problemOf(error instanceof DOMException ? error.name : ""));
  }
}

/** For a caller who types: a track that carries silence, so that the call is like any other. */
export function silentTrack(context: AudioContext): MediaStreamTrack {
  return context.createMediaStreamDestination().stream.getAudioTracks()[0]!;
}
