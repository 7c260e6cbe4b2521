/** A count for people: `1,577`. Without `Intl`, which takes longer to load than all the rest of a short command's text. @param number whole, not negative */
export function figure(number: number): string {
  return String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}
