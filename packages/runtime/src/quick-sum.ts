/** FNV-1a, 32 bits, 8 hex digits: tells a torn or another text from the same one, without node:crypto (5 ms of each start). Hides nothing, and holds off nobody. */
export function quickSum(text: string): string {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, "0");
}
