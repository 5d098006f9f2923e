import type { ByteStream } from '@lamella/net-core';

/** What a connection under test does, as a list to compare: the steps that were noted, then the text that has come out. */
export class StepsAndText {
  #steps: string[] = [];
  #text = '';

  /** @param far - The end at which its bytes come out. */
  constructor(far: ByteStream) {
    this.#read(far).catch(() => {});
  }

  note(step: string): void {
    this.#steps.push(step);
  }

  /** All since the last time, line ends as `|`, without dates. */
  take(): string[] {
    const written = this.#text.replace(/Date: [^\r]*\r\n/, '').replaceAll('\r\n', '|');
    const seen = [...this.#steps, ...(written === '' ? [] : [written])];
    this.#steps = [];
    this.#text = '';
    return seen;
  }

  async #read(far: ByteStream): Promise<void> {
    for (let chunk = await far.read(); chunk !== undefined; chunk = await far.read()) {
      this.#text += Buffer.from(chunk).toString('latin1');
    }
  }
}
