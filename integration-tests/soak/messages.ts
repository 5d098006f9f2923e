/** What the soaked process is asked. */
export type SoakQuestion = 'measure' | 'drain';

/** Where the soaked process listens. */
export interface SoakPorts {
  readonly type: 'ports';
  /** The origin: HTTP, events, WebSockets. */
  readonly origin: number;
  /** A reverse proxy before it. */
  readonly reverse: number;
  /** A forward proxy. */
  readonly forward: number;
  /** A proxy before a server of gRPC, all by HTTP/2. */
  readonly grpc: number;
}

/** What the soaked process holds, after its garbage was collected. */
export interface SoakMeasure {
  readonly type: 'measure';
  /** Memory in RAM, in bytes. */
  readonly rss: number;
  /** The heap of JavaScript, in bytes. */
  readonly heapUsed: number;
  /** What the ledger has open, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

/** How the soaked process ended. */
export interface SoakDrained {
  readonly type: 'drained';
  /** What the ledger had open when everything was closed; empty, if nothing leaked. */
  readonly resources: Readonly<Record<string, number>>;
  readonly unfinishedTasks: readonly string[];
  /** What services rejected with, other than by a client that left. */
  readonly errors: readonly string[];
}

/** What the soaked process says. */
export type SoakAnswer = SoakPorts | SoakMeasure | SoakDrained;
