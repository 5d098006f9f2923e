import { ClosedError } from '@lamella/service-core';
import { diag } from '@opentelemetry/api';
import { OtlpError } from '../errors.ts';
import type { OtlpSignal } from '../receiver/otlp-data.ts';
import { errorType } from '../shared/error-type.ts';
import { ExportRun } from './export-run.ts';
import type { OtlpExporterOptions } from './otlp-exporter-options.ts';
import { fullOtlpExporterOptions } from './otlp-exporter-options.ts';
import type { OtlpTransport } from './otlp-transport.ts';

/** How an export ended, as SDKs want to hear it: 0 is success, 1 failure. */
export interface OtlpExportResult {
  /** 0: taken. 1: dropped. */
  readonly code: 0 | 1;
  /** Why it was dropped. */
  readonly error?: Error;
}

/** What an exporter has done so far, in spans, data points or log records. */
export interface OtlpExporterCounts {
  /** Taken by the collector. */
  readonly exported: number;
  /** Lost, by the `error.type` of what they were lost by: the time, the queue, the collector. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Under way, or waiting to be. */
  readonly pending: number;
}

/** How things of one kind are written, counted and answered. */
export interface OtlpKind<Batch> {
  /** Which kind of telemetry it is. */
  readonly signal: OtlpSignal;
  /** Makes bytes of a batch; `undefined`: it can't be done. */
  readonly serialize: (batch: Batch) => Uint8Array | undefined;
  /** How many spans, data points or log records a batch has. */
  readonly count: (batch: Batch) => number;
  /** How many the collector did not take, and why. */
  readonly rejectionOf: (answer: Uint8Array) => { readonly rejected: number; readonly message: string };
}

/** Hands batches of one kind to a collector, in the way of {@link OtlpTransport}. Made by the functions beside it. */
export class OtlpExporter<Batch> {
  /** Which kind of telemetry it exports. */
  readonly signal: OtlpSignal;
  readonly #kind: OtlpKind<Batch>;
  readonly #transport: OtlpTransport;
  readonly #options: Required<OtlpExporterOptions>;
  readonly #pending = new Set<Promise<void>>();
  readonly #runs = new Set<ExportRun>();
  readonly #waiting: (() => void)[] = [];
  readonly #dropped = new Map<string, number>();
  #running = 0;
  #exported = 0;
  #pendingItems = 0;
  #isClosed = false;
  #hasWarned = false;

  /** For the functions that make exporters. @throws UsageError if an option is out of its range. */
  constructor(kind: OtlpKind<Batch>, transport: OtlpTransport, options: OtlpExporterOptions) {
    this.signal = kind.signal;
    this.#kind = kind;
    this.#transport = transport;
    this.#options = fullOtlpExporterOptions(options);
  }

  /** What became of everything so far. */
  counts(): OtlpExporterCounts {
    return { exported: this.#exported, dropped: Object.fromEntries(this.#dropped), pending: this.#pendingItems };
  }

  /** Exports a batch. Never throws; what is lost is counted, and the first loss after a success is told to `diag`. */
  export(batch: Batch, done: (result: OtlpExportResult) => void): void {
    const items = this.#kind.count(batch);
    this.#pendingItems += items;
    const work = this.#export(batch, items).then(
      () => done({ code: 0 }),
      (error: unknown) => {
        this.#drop(items, error);
        done({ code: 1, error: error instanceof Error ? error : new Error(String(error)) });
      },
    );
    const settled = work
      .catch((error: unknown) => diag.error('lamella: an SDK failed to hear how an export ended', error))
      .finally(() => {
        this.#pendingItems -= items;
        this.#pending.delete(settled);
      });
    this.#pending.add(settled);
  }

  /** Waits until what is under way has ended, one way or the other: `timeoutMs` at most. */
  async forceFlush(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Takes nothing more, and waits for what is under way. */
  async shutdown(): Promise<void> {
    this.#isClosed = true;
    await this.forceFlush();
  }

  /** Takes nothing more, and gives up what is under way: it is lost, and counted so. */
  destroy(reason: unknown = new ClosedError('the exporter is shut down')): void {
    this.#isClosed = true;
    for (const run of this.#runs) run.abort(reason);
  }

  async #export(batch: Batch, items: number): Promise<void> {
    if (this.#isClosed) throw new ClosedError('the exporter is shut down');
    const { maxConcurrentExports, maxQueuedExports } = this.#options;
    const mustWait = this.#running >= maxConcurrentExports;
    if (mustWait && this.#waiting.length >= maxQueuedExports) {
      throw new OtlpError('LML_ERR_OTLP_QUEUE_FULL', `${maxQueuedExports} exports are waiting already`);
    }
    if (items === 0) return;
    const bytes = this.#kind.serialize(batch);
    if (bytes === undefined) throw new OtlpError('LML_ERR_OTLP_BAD_MESSAGE', 'the batch could not be serialized');
    const { signal } = this;
    const run = new ExportRun({ signal, transport: this.#transport, options: this.#options }, bytes);
    this.#runs.add(run);
    try {
      if (mustWait) await this.#turn(run);
      else this.#running++;
      try {
        this.#taken(items, await run.send());
      } finally {
        // The place goes to the next one, so that nobody comes between.
        const next = this.#waiting.shift();
        if (next === undefined) this.#running--;
        else next();
      }
    } finally {
      this.#runs.delete(run);
      run.end();
    }
  }

  /** Waits for a place, as long as there is time. */
  #turn(run: ExportRun): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const come = (): void => {
      listener.close();
      resolve();
    };
    const listener = run.onAbort((reason) => {
      this.#waiting.splice(this.#waiting.indexOf(come), 1);
      reject(reason);
    });
    this.#waiting.push(come);
    return promise;
  }

  #taken(items: number, answer: Uint8Array): void {
    const { rejected, message } = this.#rejectionOf(answer);
    const lost = Math.min(items, rejected);
    this.#exported += items - lost;
    if (lost > 0) this.#drop(lost, new OtlpError('LML_ERR_OTLP_REFUSED', message));
    else this.#hasWarned = false;
  }

  /** An answer that can't be read says nothing; the status has said that all was taken. */
  #rejectionOf(answer: Uint8Array): { readonly rejected: number; readonly message: string } {
    try {
      return this.#kind.rejectionOf(answer);
    } catch {
      return { rejected: 0, message: '' };
    }
  }

  #drop(items: number, error: unknown): void {
    const type = errorType(error);
    this.#dropped.set(type, (this.#dropped.get(type) ?? 0) + items);
    if (this.#hasWarned || items === 0) return;
    this.#hasWarned = true;
    diag.warn(`lamella: ${items} ${this.signal} could not be exported; until one can, losses are counted only`, error);
  }
}
