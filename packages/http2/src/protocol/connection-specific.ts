/** Whether a field belongs to a connection of HTTP/1.1. RFC 9113 section 8.2.2. @param name - In lower case. */
export function isConnectionSpecific(name: string): boolean {
  // Compared one by one, which takes less than to look one up in a set.
  return (
    name === 'connection' ||
    name === 'keep-alive' ||
    name === 'proxy-connection' ||
    name === 'transfer-encoding' ||
    name === 'upgrade'
  );
}
