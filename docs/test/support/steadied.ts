/**
 * Output of a session with everything that differs from run to run set to a fixed value: ports, times, dates, random names.
 *
 * @param ports - The ports that were used, by the ones that the session names.
 */
export function steadied(output: string, ports: ReadonlyMap<string, string>): string {
  const named = new Map(Array.from(ports, ([port, used]) => [used, port]));
  return (
    output
      .replaceAll('\r\n', '\n') // a page has no other line ends
      // A port that nobody named is one of the kernel's, which have five digits; shorter ones are meant, as in examples of a help.
      .replace(/(?<=127\.0\.0\.1:)[0-9]{5}\b/g, (port) => named.get(port) ?? '50000')
      .replace(/\b[0-9]{4,5}\b/g, (port) => named.get(port) ?? port)
      .replace(/\b[0-9]+\.[0-9]ms\b/g, '1.0ms')
      // Whether a connection that a client has left counts as closed or is gone already, is a race.
      .replace(/^drained in .*$/gm, 'drained in 1 ms')
      .replace(/(?<=Date: )[A-Z][a-z]{2}, .{20} GMT/g, 'Tue, 01 Jan 2030 00:00:00 GMT')
      .replace(/\blamella-[0-9a-f]{12}\b/g, 'lamella-0123456789ab')
      .replace(/\blamella\/[0-9][^\s"]*/g, 'lamella/0.0.0')
  );
}
