import { STATIC_ENTRIES, STATIC_NAMES, STATIC_VALUES } from './static-table.ts';

/** What an encoder knows of a field name. */
export class EncoderName {
  readonly text: string;
  /** Index of the name in the static table, or 0. */
  readonly staticIndex: number;
  /** Indexes of values in the static table. */
  readonly staticValues: ReadonlyMap<string, number> | undefined;
  /** Values shorter than this must not be put into a table: their bytes could be guessed one by one. RFC 7541 section 7.1. */
  readonly secretBelow: number;
  /** Number of the newest entry with this name in the dynamic table; it may have left. */
  newest = -1;
  /** Value of that entry, or an empty one when it has left. */
  newestValue = '';
  /** The last value that was not put into the table. */
  passedValue = '';
  /** How many entries in a row came in and were not used again. */
  misses: number;
  /** Numbers of the entries in the dynamic table, by value. */
  entries: Map<string, number> | undefined;

  constructor(text: string) {
    const known = STATIC.get(text);
    this.text = text;
    this.staticIndex = known?.index ?? 0;
    this.staticValues = known?.values;
    this.secretBelow = SECRET_BELOW.get(text) ?? 0;
    this.misses = VOLATILE.has(text) ? MAX_MISSES : 0;
  }

  /** An entry came into the table. */
  enter(value: string, number: number): void {
    this.entries ??= new Map();
    this.entries.set(value, number);
    this.newest = number;
    this.newestValue = value;
  }

  /** An entry left the table. */
  leave(value: string, number: number): void {
    this.entries?.delete(value);
    if (this.newest === number) this.newestValue = '';
  }

  /**
   * Whether a value that is in no table shall come in.
   *
   * @remarks
   * Values that differ each time would only push out what is used. So where several came in for nothing, or are known to
   * differ, a value comes in when it is seen twice in a row.
   */
  shallEnter(value: string): boolean {
    if (this.misses < MAX_MISSES || this.passedValue === value) {
      this.misses++;
      this.passedValue = '';
      return true;
    }
    this.passedValue = value;
    return false;
  }
}

/** How many values may come in for nothing. */
const MAX_MISSES = 3;

/** Fields that mostly have another value each time. */
const VOLATILE: ReadonlySet<string> = new Set([
  ':path',
  'age',
  'content-length',
  'content-range',
  'date',
  'etag',
  'expires',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'range',
  'set-cookie',
]);

const SECRET_BELOW: ReadonlyMap<string, number> = new Map([
  ['authorization', Number.POSITIVE_INFINITY],
  ['proxy-authorization', Number.POSITIVE_INFINITY],
  ['cookie', 20],
]);

interface StaticName {
  readonly index: number;
  readonly values: Map<string, number>;
}

/** The static table by name: where a name has several indexes, the first. */
const STATIC: ReadonlyMap<string, StaticName> = staticNames();

function staticNames(): ReadonlyMap<string, StaticName> {
  const names = new Map<string, StaticName>();
  for (let index = 1; index <= STATIC_ENTRIES; index++) {
    // 1 to 61 are inside of the table.
    const text = STATIC_NAMES[index] as string;
    const value = STATIC_VALUES[index] as string;
    const name = names.get(text) ?? { index, values: new Map() };
    names.set(text, name);
    name.values.set(value, index);
  }
  return names;
}
