/** Where a {@link Lifecycle} stands; it only moves forward. */
export type LifecyclePhase = 'running' | 'pre-drain' | 'draining' | 'closed';

/** Something that must end when the process shuts down: a listener, a connection, a tunnel, a pool. */
export interface Drainable {
  /** Under which name the report counts it, such as `'http/1.1'` or `'tunnel'`. */
  readonly protocol: string;
  /** Whether nothing is under way in it; asked once, when draining starts. Default false. */
  readonly isIdle?: boolean;
  /**
   * Whether it is told to drain only when everything else has ended, or the grace is over: what tells about the others, such as telemetry. It
   * is destroyed a second after the grace. Default false.
   */
  readonly drainsLast?: boolean;
  /** Tells its peers that this will end, and goes on as before. Called at most once, before {@link startDrain}. Default: nothing. */
  startPreDrain?(): void;
  /** Takes no new work, and ends when the work under way is done. Called at most once. */
  startDrain(): void;
  /** Resolves when it has ended, drained or not; never rejects. */
  readonly drained: Promise<void>;
  /** Ends now, whatever is under way. */
  destroy(reason: unknown): void;
}

/** Options of {@link Lifecycle.drain}. */
export interface DrainOptions {
  /**
   * How long to go on accepting, not ready any more, so that load balancers notice first. In milliseconds,
   * at least 0. Default 0.
   */
  readonly preDrainMs?: number;
  /** How long work under way may take after that, in milliseconds, at least 0. Default 10_000. */
  readonly graceMs?: number;
}

/** How the parts of one protocol ended. */
export interface DrainCounts {
  /** Had work under way and finished it. */
  finished: number;
  /** Were idle and closed. */
  closed: number;
  /** Were destroyed when the grace was over. */
  cut: number;
}

/** What a {@link Lifecycle.drain} did. */
export interface DrainReport {
  /** From the call of `drain` to its end, in milliseconds. */
  readonly durationMs: number;
  /** Counts by {@link Drainable.protocol}, in the order in which the first part of each was registered. */
  readonly protocols: Readonly<Record<string, Readonly<DrainCounts>>>;
  /** Names of spawned tasks that had not ended when the report was made. */
  readonly unfinishedTasks: readonly string[];
}

/**
 * The life of a process or of a part of one: what runs in it, and how all of it ends.
 *
 * @remarks
 * Passed to constructors. Whatever runs by itself goes through {@link spawn}, so no failure is lost;
 * whatever must end in good order is {@link register | registered}. One {@link drain} ends everything:
 *
 * 1. `pre-drain` for `preDrainMs`: not ready any more, still accepting; protocols tell their peers to move on.
 * 2. `draining` for up to `graceMs`: nothing new is accepted, idle parts close, busy ones finish.
 * 3. What is left is destroyed. `closed`; the report says what ended how.
 */
export interface Lifecycle {
  /** Where this lifecycle stands. A readiness check answers `phase === 'running'`. */
  readonly phase: LifecyclePhase;
  /** Runs `task` by itself; a rejection goes to the error sink, never to the process. */
  readonly spawn: (name: string, task: () => Promise<void>) => void;
  /** Makes `part` take part in {@link drain}. @returns Takes it out again; call it when the part has ended. */
  readonly register: (part: Drainable) => Disposable;
  /**
   * Ends everything in good order. Later calls join the first one, and may only shorten it.
   *
   * @throws UsageError, at once, if an option is out of its range.
   */
  readonly drain: (options?: DrainOptions) => Promise<DrainReport>;
}
