const units = [
  { name: "d", size: 86_400_000 },
  { name: "h", size: 3_600_000 },
  { name: "m", size: 60_000 },
  { name: "s", size: 1_000 },
] as const;

/** `2d 4h`, `1h 3m`, `48m`, `35s`, `0s`: rounded down. @param milliseconds a length; its sign is dropped */
export function roughDuration(milliseconds: number): string {
  const length = Math.abs(milliseconds);
  const index = units.findIndex(({ size }) => length >= size);
  const [unit, smaller] = units.slice(index === -1 ? units.length - 1 : index);
  if (unit === undefined) return "0s";
  const whole = `${Math.floor(length / unit.size)}${unit.name}`;
  const rest = smaller === undefined ? 0 : Math.floor((length % unit.size) / smaller.size);
  const fine = (unit.name === "d" || unit.name === "h") && length < 10 * unit.size && rest > 0;
  return fine ? `${whole} ${rest}${smaller?.name}` : whole;
}

/** `in 21m`, `3m ago` or `now`. @param instant RFC 3339 @param now milliseconds since 1970 */
export function formatInstant(instant: string, now: number): string {
  const left = Date.parse(instant) - now;
  if (Math.abs(left) < 1_000) return "now";
  return left > 0 ? `in ${roughDuration(left)}` : `${roughDuration(left)} ago`;
}

/** `312 ms`, `1.2 s`, `2m`: how long a step took. */
export function formatElapsed(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  return milliseconds < 60_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : roughDuration(milliseconds);
}
