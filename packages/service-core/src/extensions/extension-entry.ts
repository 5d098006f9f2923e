import type { AnyExtensionKey } from './extension-key.ts';

/** One entry of a log. */
export interface Entry {
  readonly key: AnyExtensionKey;
  readonly value: unknown;
  readonly sequence: number;
  readonly by: string | undefined;
}

/** Who wrote an entry: the given label, else the namespace of its key. */
export function producerOf(entry: Entry): string {
  return entry.by ?? entry.key.name.slice(0, entry.key.name.indexOf('/'));
}
