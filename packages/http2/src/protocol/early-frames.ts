/** One PRIORITY frame of RFC 7540, as a client sent it. */
export interface EarlyPriority {
  readonly streamId: number;
  readonly isExclusive: boolean;
  readonly dependsOn: number;
  /** 1 to 256. */
  readonly weight: number;
}

/** What a client said before and with its first request. */
export interface Http2ClientFacts {
  /** Its settings, identifiers and values, in the order in which it said them. */
  readonly settings: readonly (readonly [identifier: number, value: number])[];
  /** By how much it widened the window of the connection, in bytes; 0 if it did not. */
  readonly windowUpdate: number;
  /** Its PRIORITY frames, at most 32. */
  readonly priorities: readonly EarlyPriority[];
  /** Names of the pseudo-header fields of its first request, without the colon, in order. */
  readonly pseudoHeaderOrder: readonly string[];
  /**
   * All of it as one line, in the form that Akamai has described: settings, window, priorities, first letters of the pseudo-header
   * fields, such as `1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p`.
   */
  readonly akamaiFingerprint: string;
}

/** Takes down what a client says until its first request has come. */
export class EarlyFrames implements Http2ClientFacts {
  /** Identifiers and values in turn. */
  readonly #settings: number[] = [];
  #priorities: EarlyPriority[] | undefined;
  windowUpdate = 0;
  pseudoHeaderOrder: readonly string[] = [];
  #isOver = false;
  #hasSettings = false;

  /** Whether nothing that comes now counts any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get settings(): readonly (readonly [identifier: number, value: number])[] {
    const pairs: (readonly [number, number])[] = [];
    const all = this.#settings;
    for (let index = 0; index < all.length; index += 2) pairs.push([all[index] as number, all[index + 1] as number]); // pairs
    return pairs;
  }

  get priorities(): readonly EarlyPriority[] {
    return this.#priorities ?? [];
  }

  noteSetting(identifier: number, value: number): void {
    if (!this.#hasSettings) this.#settings.push(identifier, value);
  }

  noteSettingsEnd(): void {
    this.#hasSettings = true;
  }

  noteWindowUpdate(increment: number): void {
    if (!this.#isOver && this.windowUpdate === 0) this.windowUpdate = increment;
  }

  notePriority(priority: EarlyPriority): void {
    if (this.#isOver || this.priorities.length === MAX_PRIORITIES) return;
    this.#priorities ??= [];
    this.#priorities.push(priority);
  }

  /** The first request has come. */
  noteRequest(section: readonly string[]): void {
    this.#isOver = true;
    const names = section.filter((name, index) => index % 2 === 0 && name.startsWith(':'));
    this.pseudoHeaderOrder = names.map((name) => name.slice(1));
  }

  get akamaiFingerprint(): string {
    const settings = this.settings.map((pair) => pair.join(':')).join(';');
    const window = this.windowUpdate === 0 ? '00' : String(this.windowUpdate);
    const priorities = this.priorities.map(
      ({ streamId, isExclusive, dependsOn, weight }) => `${streamId}:${isExclusive ? 1 : 0}:${dependsOn}:${weight}`,
    );
    const order = this.pseudoHeaderOrder.map((name) => name.charAt(0)).join();
    return `${settings}|${window}|${priorities.length === 0 ? '0' : priorities.join()}|${order}`;
  }
}

const MAX_PRIORITIES = 32;
