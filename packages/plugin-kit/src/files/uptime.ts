/** Of this process, ms, whatever is done to the clock; `performance` would be loaded for it. */
export function uptime(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
