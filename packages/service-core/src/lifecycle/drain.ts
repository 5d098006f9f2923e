import type { Clock, Timer } from '../clock/clock.ts';
import { ClosedError, UsageError } from '../errors/errors.ts';
import type { Drainable, DrainCounts, DrainOptions, DrainReport, LifecyclePhase } from './lifecycle.ts';

/** What a {@link Drain} works on; owned by the lifecycle, which goes on changing it. */
export interface DrainSubject {
  readonly clock: Clock;
  readonly parts: ReadonlySet<Drainable>;
  readonly tasks: ReadonlySet<{ readonly name: string }>;
  readonly onPhase: (phase: LifecyclePhase) => void;
  readonly onError: (error: unknown, taskName: string) => void;
}

/** One run of the three steps that end a lifecycle. */
export class Drain {
  readonly #subject: DrainSubject;
  #startedMs = 0;
  readonly #report = Promise.withResolvers<DrainReport>();
  readonly #counts = new Map<string, DrainCounts>();
  /** Parts told to drain that have not ended, with what they will count as. */
  readonly #waiting = new Map<Drainable, 'finished' | 'closed' | 'cut'>();
  #phase: 'none' | 'pre-drain' | 'draining' | 'cutting' | 'closed' = 'none';
  #timer: Timer | undefined;
  #preDrainEndMs = Number.POSITIVE_INFINITY;
  #graceMs = Number.POSITIVE_INFINITY;
  #graceEndMs = Number.POSITIVE_INFINITY;
  #areLastTold = false;

  constructor(subject: DrainSubject) {
    this.#subject = subject;
  }

  /** Starts the run, or shortens the one under way. */
  run(options: DrainOptions): Promise<DrainReport> {
    const { preDrainMs = 0, graceMs = 10_000 } = options;
    if (!(preDrainMs >= 0)) throw new UsageError(`preDrainMs must be >= 0, got ${preDrainMs}`);
    if (!(graceMs >= 0)) throw new UsageError(`graceMs must be >= 0, got ${graceMs}`);

    const nowMs = this.#subject.clock.nowMs();
    this.#preDrainEndMs = Math.min(this.#preDrainEndMs, nowMs + preDrainMs);
    this.#graceMs = Math.min(this.#graceMs, graceMs);
    if (this.#phase === 'none') {
      this.#startedMs = nowMs;
      this.#enter('pre-drain');
      for (const part of [...this.#subject.parts]) this.announce(part);
    }
    if (this.#phase === 'draining') this.#graceEndMs = Math.min(this.#graceEndMs, nowMs + graceMs);
    this.#advance();
    return this.#report.promise;
  }

  /** Tells a part that it will have to drain. */
  announce(part: Drainable): void {
    this.#ask(part, () => part.startPreDrain?.());
  }

  /** Tells a part to drain that has come while this runs. */
  start(part: Drainable): void {
    if (part.drainsLast === true && !this.#areLastTold) return; // its time comes
    this.#expect(part);
    this.#tell(part);
  }

  #expect(part: Drainable): void {
    this.#waiting.set(part, 'finished');
    this.#ask(part, () => part.isIdle === true && this.#waiting.set(part, 'closed'));
    this.#countsOf(part); // in the order in which they began: that in which they end is chance
  }

  #tell(part: Drainable): void {
    if (!this.#waiting.has(part)) return; // ended because another part was told
    this.#ask(part, () => part.startDrain());
    if (this.#phase === 'cutting' && part.drainsLast !== true) this.#cut(part);
    part.drained.then(
      () => this.ended(part),
      (error: unknown) => {
        this.#subject.onError(error, `drain of ${part.protocol}`);
        this.ended(part);
      },
    );
  }

  /** Counts a part that has ended, once. */
  ended(part: Drainable): void {
    const outcome = this.#waiting.get(part);
    if (outcome === undefined) return;
    this.#waiting.delete(part);
    this.#countsOf(part)[outcome]++;
    this.check();
  }

  #countsOf({ protocol }: Drainable): DrainCounts {
    const known = this.#counts.get(protocol);
    if (known !== undefined) return known;
    const counts = { finished: 0, closed: 0, cut: 0 };
    this.#counts.set(protocol, counts);
    return counts;
  }

  /** Ends the run early when nothing is left to wait for. */
  check(): void {
    const isWaiting = this.#phase === 'draining' || this.#phase === 'cutting';
    if (!isWaiting || this.#waiting.size > 0 || this.#subject.tasks.size > 0) return;
    if (!this.#tellLast()) this.#finish();
  }

  /** Tells those that tell about the others. @returns False if there are none, or all have been told. */
  #tellLast(): boolean {
    if (this.#areLastTold) return false;
    this.#areLastTold = true;
    const parts = [...this.#subject.parts].filter((part) => part.drainsLast === true);
    for (const part of parts) this.#expect(part);
    for (const part of parts) this.#tell(part);
    return parts.length > 0;
  }

  /** Moves to the phase that the clock asks for, and sets the timer for the next one. */
  #advance(): void {
    const nowMs = this.#subject.clock.nowMs();
    if (this.#phase === 'pre-drain' && nowMs >= this.#preDrainEndMs) {
      this.#graceEndMs = nowMs + this.#graceMs;
      this.#enter('draining');
      // All are waited for before the first is told: one that ends at once must not look like the last one.
      const parts = [...this.#subject.parts].filter((part) => part.drainsLast !== true);
      for (const part of parts) this.#expect(part);
      for (const part of parts) this.#tell(part);
      this.check();
    }
    if (this.#phase === 'draining' && nowMs >= this.#graceEndMs) {
      this.#graceEndMs = nowMs + CUT_MS;
      this.#phase = 'cutting';
      for (const part of [...this.#waiting.keys()]) if (part.drainsLast !== true) this.#cut(part);
      this.#tellLast(); // whatever is left, they have as long as the others take to be destroyed, also if they were told before
      this.check();
    } else if (this.#phase === 'cutting' && nowMs >= this.#graceEndMs) this.#finish();
    this.#arm(nowMs);
  }

  #cut(part: Drainable): void {
    if (!this.#waiting.has(part)) return; // ended because another part was destroyed
    this.#waiting.set(part, 'cut');
    this.#ask(part, () => part.destroy(new ClosedError('destroyed: the grace of the drain is over')));
  }

  /** A part must not throw, but one that does shall not keep the others from ending. */
  #ask(part: Drainable, step: () => unknown): void {
    try {
      step();
    } catch (error) {
      this.#subject.onError(error, `drain of ${part.protocol}`);
    }
  }

  #arm(nowMs: number): void {
    this.#timer?.cancel();
    if (this.#phase === 'closed') return;
    const nextMs = this.#phase === 'pre-drain' ? this.#preDrainEndMs : this.#graceEndMs;
    this.#timer = this.#subject.clock.startTimer(Math.max(0, nextMs - nowMs), () => this.#advance());
  }

  #finish(): void {
    this.#timer?.cancel();
    for (const part of [...this.#waiting.keys()]) {
      if (part.drainsLast === true) this.#cut(part); // their time is over as well
      this.ended(part);
    }
    if (this.#phase === 'closed') return;
    this.#enter('closed');
    this.#report.resolve({
      durationMs: this.#subject.clock.nowMs() - this.#startedMs,
      protocols: Object.fromEntries(this.#counts),
      unfinishedTasks: [...this.#subject.tasks].map((task) => task.name),
    });
  }

  #enter(phase: 'pre-drain' | 'draining' | 'closed'): void {
    this.#phase = phase;
    this.#subject.onPhase(phase);
  }
}

/** How long destroyed parts may take to end before the report is made without them, in milliseconds. */
const CUT_MS = 1_000;
