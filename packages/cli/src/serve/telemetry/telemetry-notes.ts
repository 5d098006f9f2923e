import type { DiagLogger } from '@opentelemetry/api';
import { messageOf } from '../../cli-error.ts';

/** What telemetry complains about, in one line each, and each complaint and each reason once: it must not drown what the server says. */
export function telemetryNotes(note: (line: string) => void): DiagLogger {
  const told = new Set<string>();
  const tell = (message: string, ...details: unknown[]): void => {
    const text = messageOf(describedError(message)).replace(/^lamella: /, '');
    // SDKs repeat what an exporter has failed with, and that has told it already.
    if (text.includes('OtlpError') || text === '') return;
    const kind = text.replaceAll(/[0-9]+/g, '#').replace(/# (?:traces|metrics|logs)/, '# items');
    const error = details.find((detail) => detail instanceof Error);
    const reason = error === undefined ? kind : messageOf(error);
    if (told.has(kind) || told.has(reason)) return;
    told.add(kind).add(reason);
    note(`telemetry: ${text}${error === undefined ? '' : `: ${reason}`}`);
  };
  const silent = (): void => {};
  return { error: tell, warn: tell, info: silent, debug: silent, verbose: silent };
}

/** SDKs write errors as JSON, with name, message and stack. */
function describedError(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const { name, message } = JSON.parse(text) as { readonly name?: unknown; readonly message?: unknown }; // of any shape
    return `${String(name ?? 'Error')}: ${String(message ?? '')}`;
  } catch {
    return text;
  }
}
