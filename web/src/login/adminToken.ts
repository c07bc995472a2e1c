type Address = Pick<Location, "hash" | "pathname" | "search">;

/** The token of `#token=…`, which is taken out of the address (and so of the history) at once. */
export function takeToken(address: Address, history: Pick<History, "replaceState">): string | null {
  const token = new URLSearchParams(address.hash.slice(1)).get("token");
  if (token === null) return null;
  history.replaceState(null, "", address.pathname + address.search);
  return token || null;
}
