import { createInterface } from 'node:readline';

/** Makes one request. @returns The body of a 200 response. */
export type Ask = () => Promise<string>;

/**
 * Asks as often as it can in the seconds that a line of standard input says, and answers with the figures in one line.
 *
 * @param expected - The right answer.
 * @param inFlight - Requests at a time.
 */
export async function playRounds(ask: Ask, expected: string, inFlight: number): Promise<void> {
  console.log('ready');
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(await measure(ask, expected, inFlight, Number(line)));
  }
  process.exit(); // clients keep their connections for a while
}

async function measure(ask: Ask, expected: string, inFlight: number, seconds: number): Promise<string> {
  let units = 0;
  let faults = 0;
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  const loop = async (): Promise<void> => {
    while (performance.now() < endMs) {
      if ((await ask()) === expected) units++;
      else faults++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  const { user, system } = process.cpuUsage(cpuBefore);
  const wallSeconds = (performance.now() - startMs) / 1_000;
  return JSON.stringify({ units, faults, wallSeconds, cpuSeconds: (user + system) / 1e6 });
}
