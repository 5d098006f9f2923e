import type { StoredTrace } from './trace-store.ts';

/** A trace as a line of a list. */
export interface TraceSummary {
  readonly id: string;
  readonly name: string;
  readonly services: readonly string[];
  readonly spans: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly errors: number;
}

/** Tells of a trace what fits on a line; its name is that of the span that begins it, as far as it is here already. */
export function summaryOf({ id, spans }: StoredTrace): TraceSummary {
  const known = new Set(spans.map((span) => span.id));
  const root = spans.find(({ parentId }) => !known.has(parentId)) ?? spans[0];
  const startMs = Math.min(...spans.map((span) => span.startMs));
  const endMs = Math.max(...spans.map((span) => span.startMs + span.durationMs));
  return {
    id,
    name: root?.name ?? '',
    services: [...new Set(spans.map(({ service }) => service))].sort(),
    spans: spans.length,
    startMs,
    durationMs: endMs - startMs,
    errors: spans.filter(({ isError }) => isError).length,
  };
}
