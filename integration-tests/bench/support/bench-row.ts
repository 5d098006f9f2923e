/** What one round of one subject gave. */
export interface Sample {
  /** Requests, or bytes: what the row counts. */
  readonly units: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Answers that were not what they should be; a row with any is worth nothing. */
  readonly faults: number;
}

/** One contestant, started and warm. */
export interface Contestant {
  /** The process under measurement. */
  readonly pid: number;
  measure(seconds: number): Promise<Sample>;
  stop(): Promise<void>;
}

/** A ratio that has to be reached. */
export interface Target {
  readonly of: string;
  readonly to: string;
  readonly atLeast: number;
  /** What is compared: units per second of CPU, or of the clock. Default: of CPU. */
  readonly by?: 'wall';
}

/** One line of the table: contestants doing the same job, taken in turns. */
export interface BenchRow {
  readonly type: 'rate';
  readonly name: string;
  readonly about: string;
  /** What `units` are, and by how much to divide them for people. */
  readonly unit: { readonly label: string; readonly size: number };
  readonly targets: readonly Target[];
  /** Processor time of each contestant before the first round, in seconds. Default 3. */
  readonly warmUpCpuSeconds?: number;
  /** The first is the peer that the ratios are taken to. */
  readonly contestants: Readonly<Record<string, () => Promise<Contestant>>>;
}

/** A row that counts memory, or anything else of which less is better. */
export interface MemoryRow {
  readonly type: 'memory';
  readonly name: string;
  readonly about: string;
  readonly unit: string;
  /** Ratios, or without `to` counts, that must not be exceeded. */
  readonly targets: readonly { readonly of: string; readonly to?: string; readonly atMost: number }[];
  /** Each starts a process of its own, and gives what it has counted. The first is the peer that the ratios are taken to. */
  readonly contestants: Readonly<Record<string, () => Promise<number>>>;
}
