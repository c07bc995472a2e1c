import { Button, Modal, NativeSelect, Stack, Switch } from "@mantine/core";
import { useEffect, useState } from "react";
import type { CallSession } from "./callSession";
import type { DeviceChoice } from "./microphone";

interface Option {
  value: string;
  label: string;
}

function useDevices(opened: boolean): { microphones: Option[]; speakers: Option[] } {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  useEffect(() => {
    if (!opened || !navigator.mediaDevices) return;
    const list = () => void navigator.mediaDevices.enumerateDevices().then(setDevices, () => setDevices([]));
    list();
    navigator.mediaDevices.addEventListener("devicechange", list);
    return () => navigator.mediaDevices.removeEventListener("devicechange", list);
  }, [opened]);
  // Names are hidden until the microphone has been allowed once.
  const of = (kind: MediaDeviceKind): Option[] => [
    { value: "", label: "The system's choice" },
    ...devices.filter((d) => d.kind === kind && d.deviceId && d.deviceId !== "default")
      .map((d, i) => ({ value: d.deviceId, label: d.label || `${kind === "audioinput" ? "Microphone" : "Speaker"} ${i + 1}` })),
  ];
  return { microphones: of("audioinput"), speakers: of("audiooutput") };
}

interface Props {
  session: CallSession;
  choice: DeviceChoice;
  opened: boolean;
  close: () => void;
}

export function Devices({ session, choice, opened, close }: Props) {
  const { microphones, speakers } = useDevices(opened);
  const choose = (change: Partial<DeviceChoice>) => void session.choose({ ...choice, ...change });
  const selectable = "setSinkId" in HTMLMediaElement.prototype;
  return (
    <Modal opened={opened} onClose={close} title="Sound" centered closeButtonProps={{ "aria-label": "Close" }}>
      <Stack gap="md">
        <NativeSelect label="Microphone" data={microphones} value={choice.microphone} onChange={(e) => choose({ microphone: e.currentTarget.value })} />
        {selectable && <NativeSelect label="Speaker" data={speakers} value={choice.speaker} onChange={(e) => choose({ speaker: e.currentTarget.value })} />}
        <Switch label="Echo cancellation" description="Keeps Parley's voice out of your microphone" checked={choice.echoCancellation}
          onChange={(e) => choose({ echoCancellation: e.currentTarget.checked })} />
        <Switch label="Noise suppression" checked={choice.noiseSuppression} onChange={(e) => choose({ noiseSuppression: e.currentTarget.checked })} />
        <Switch label="Automatic gain" description="Evens out how loud you are" checked={choice.autoGainControl}
          onChange={(e) => choose({ autoGainControl: e.currentTarget.checked })} />
        <Button variant="default" onClick={close}>Done</Button>
      </Stack>
    </Modal>
  );
}
