/** How long to wait before attempt number `attempt` (0 is the first retry): doubling, capped, with up to 30 % of jitter. */
export function backoffMs(attempt: number, random: () => number = Math.random, first = 500, most = 15_000): number {
  const wait = Math.min(most, first * 2 ** Math.min(attempt, 20));
  return Math.round(wait * (1 - 0.3 * random()));
}
