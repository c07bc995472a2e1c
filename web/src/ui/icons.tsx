import type { ReactNode } from "react";

function icon(paths: ReactNode) {
  return function Icon({ size = 20 }: { size?: number }) {
    return (
      <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth={1.8}
        strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
        {paths}
      </svg>
    );
  };
}

const handset = "M5.5 3.5h3l1.7 4.3-2.1 1.6a12 12 0 0 0 6.5 6.5l1.6-2.1 4.3 1.7v3a2 2 0 0 1-2.2 2A17 17 0 0 1 3.5 5.7a2 2 0 0 1 2-2.2z";

export const PhoneIcon = icon(<path d={handset} />);
export const HangUpIcon = icon(<g transform="rotate(135 12 12)"><path d={handset} /></g>);
export const MicrophoneIcon = icon(<><rect x="9" y="3" width="6" height="11" rx="3" /><path d="M5 11a7 7 0 0 0 14 0M12 18v3" /></>);
export const MutedIcon = icon(<><path d="M9 9v2a3 3 0 0 0 4.5 2.6M15 10.5V6a3 3 0 0 0-5.6-1.5M5 11a7 7 0 0 0 10.6 6M19 11a7 7 0 0 1-.7 3M12 18v3M4 3l16 18" /></>);
export const KeypadIcon = icon(<>{[5, 12, 19].flatMap((x) => [5, 12, 19].map((y) => <circle key={`${x}${y}`} cx={x} cy={y} r="1.2" fill="currentColor" />))}</>);
export const SettingsIcon = icon(<><path d="M4 7h9M17 7h3M4 17h3M11 17h9" /><circle cx="15" cy="7" r="2" /><circle cx="9" cy="17" r="2" /></>);
export const VolumeIcon = icon(<><path d="M4 10v4h3l5 4V6l-5 4z" /><path d="M16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11" /></>);
export const SunIcon = icon(<><circle cx="12" cy="12" r="4" /><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4" /></>);
export const MoonIcon = icon(<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z" />);
export const SystemIcon = icon(<><rect x="3" y="4.5" width="18" height="12" rx="2" /><path d="M9 20.5h6M12 16.5v4" /></>);
export const SendIcon = icon(<path d="M5 12h13M12.5 6l6 6-6 6" />);
export const SearchIcon = icon(<><circle cx="11" cy="11" r="6.5" /><path d="M16 16l4.5 4.5" /></>);
export const DownloadIcon = icon(<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4.5 20h15" />);
export const PlayIcon = icon(<path d="M8 5l11 7-11 7z" fill="currentColor" />);
export const PauseIcon = icon(<path d="M8 5v14M16 5v14" strokeWidth={3} />);
export const ToolIcon = icon(<path d="M14.5 6.5a4 4 0 0 1 5-2.3l-2.4 2.4.3 2 2 .3 2.2-2.3a4 4 0 0 1-5.3 5L9 19a2.1 2.1 0 0 1-3-3l7.4-7.3a4 4 0 0 1 1.1-2.2z" transform="translate(-1 0)" />);
export const PersonIcon = icon(<><circle cx="12" cy="8" r="3.6" /><path d="M4.8 20a7.2 7.2 0 0 1 14.4 0" /></>);
export const BackIcon = icon(<path d="M19 12H6M11.5 6l-6 6 6 6" />);
