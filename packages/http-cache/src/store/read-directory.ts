import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheEntry } from '../cache-entry.ts';

/** An entry as it was found, with its key. */
export interface FoundEntry {
  readonly key: string;
  readonly entry: CacheEntry;
}

/** Reads what a store has left in a directory, the oldest first, and removes what is not whole. Other files are left alone. */
export async function readDirectory(directory: string): Promise<readonly FoundEntry[]> {
  const found: FoundEntry[] = [];
  const whole = new Set<string>();
  const names = (await readdir(directory)).filter((name) => OURS.test(name));
  for (const name of names.filter((file) => file.endsWith('.json'))) {
    const entry = await readEntry(directory, name.slice(0, -'.json'.length));
    if (entry === undefined) continue;
    found.push(entry);
    whole.add(name.slice(0, -'.json'.length));
  }
  for (const name of names) {
    const isWhole = !name.endsWith('.draft') && whole.has(name.slice(0, name.indexOf('.')));
    if (!isWhole) await rm(join(directory, name), { force: true });
  }
  return found.sort((one, other) => one.entry.receivedAtMs - other.entry.receivedAtMs);
}

async function readEntry(directory: string, name: string): Promise<FoundEntry | undefined> {
  try {
    const found: unknown = JSON.parse(await readFile(join(directory, `${name}.json`), 'utf8'));
    if (!isFoundEntry(found)) return undefined;
    const { size } = await stat(join(directory, `${name}.body`));
    return size === found.entry.bodyBytes ? found : undefined;
  } catch {
    return undefined; // cut off, or its body is gone
  }
}

/** What this version has written; anything else is of no use to it. */
function isFoundEntry(value: unknown): value is FoundEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { key, entry } = value as Partial<FoundEntry>; // an object may be asked for anything
  if (typeof key !== 'string' || typeof entry !== 'object' || entry === null) return false;
  const { id, status, reason, headers, selectedBy, requestedAtMs, receivedAtMs, hadAuthorization, bodyBytes } = entry;
  const { neverIndexed = [] } = entry; // older versions have written none
  return (
    typeof id === 'string' &&
    typeof reason === 'string' &&
    typeof hadAuthorization === 'boolean' &&
    typeof selectedBy === 'object' &&
    selectedBy !== null &&
    [status, requestedAtMs, receivedAtMs, bodyBytes].every(Number.isFinite) &&
    Array.isArray(neverIndexed) &&
    neverIndexed.every((name) => typeof name === 'string') &&
    Array.isArray(headers) &&
    headers.every(
      (field) => Array.isArray(field) && field.length === 2 && field.every((part) => typeof part === 'string'),
    )
  );
}

const OURS = /^[0-9a-f]{32}\.(?:body|json|json\.[0-9a-f-]+\.draft)$/;
