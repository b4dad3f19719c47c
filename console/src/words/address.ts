/** How an address (`kind:value`) is written for people: a phone with its plus, anything else as it is. */
export function shownAddress(address: string): string {
  const at = address.indexOf(':')
  const value = address.slice(at + 1)
  return address.startsWith('phone:') ? `+${value}` : value
}
