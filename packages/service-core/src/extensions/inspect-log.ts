import type { Entry } from './extension-entry.ts';
import { producerOf } from './extension-entry.ts';
import type { Scope } from './scope.ts';

/** What can be seen of a store. */
export interface InspectableLog {
  readonly scope: Scope;
  readonly entries: readonly Entry[];
  readonly parent: InspectableLog | undefined;
  readonly ingress: InspectableLog | undefined;
  readonly egress: InspectableLog | undefined;
}

/** Renders a store with its parents and linked connections, newest entry first, as of `sequence`. */
export function inspectLog(log: InspectableLog, sequence: number): string {
  return render(log, sequence, '').join('\n');
}

function render(log: InspectableLog, sequence: number, indent: string): string[] {
  const lines = [`${indent}${log.scope}`];
  const entries = log.entries.filter((entry) => entry.sequence <= sequence).reverse();
  for (const entry of entries) lines.push(`${indent}  ${renderEntry(entry)}`);

  // A link that a parent holds is shown there, once.
  if (log.ingress !== undefined && log.ingress !== log.parent?.ingress) {
    lines.push(`${indent}  ingress:`, ...render(log.ingress, sequence, `${indent}    `));
  }
  if (log.egress !== undefined && log.egress !== log.parent?.egress) {
    lines.push(`${indent}  egress:`, ...render(log.egress, sequence, `${indent}    `));
  }
  if (log.parent !== undefined) lines.push(`${indent}  parent:`, ...render(log.parent, sequence, `${indent}    `));
  return lines;
}

function renderEntry(entry: Entry): string {
  return `#${entry.sequence} ${entry.key.name} = ${renderValue(entry.value)} (by ${producerOf(entry)})`;
}

function renderValue(value: unknown): string {
  if (typeof value === 'function') return '[function]';
  if (typeof value !== 'object' || value === null) return String(value);
  const text = textOf(value);
  return text.length > MAX_VALUE_LENGTH ? `${text.slice(0, MAX_VALUE_LENGTH)}...` : text;
}

/** Objects with a text form of their own, such as addresses, show it; others show their JSON. */
function textOf(value: object): string {
  try {
    const ownText: unknown = value.toString; // an object without a prototype has none
    const hasOwnText = typeof ownText === 'function' && ownText !== Object.prototype.toString && !Array.isArray(value);
    return hasOwnText ? String(value) : (JSON.stringify(value) ?? '[object]');
  } catch {
    return '[object]'; // cyclic, or a toString that throws: inspecting must never fail
  }
}

const MAX_VALUE_LENGTH = 200;
