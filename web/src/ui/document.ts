// What the server wrote into the page (src/api/pages.cpp).

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

/** Of this page's Content-Security-Policy. Browsers hide the attribute, but not the property. */
export const cspNonce: string = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? "";

const filled = (text: string): string => (text.startsWith("__") ? "" : text);
export const version = filled(meta("parley-version"));
export const sipAddress = filled(meta("parley-sip-address"));

export const debug = new URLSearchParams(location.search).has("debug");
