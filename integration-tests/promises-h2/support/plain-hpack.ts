/**
 * Reads and writes blocks of fields, in the plainest way there is. RFC 7541. Shares no code with the engine, which it is to judge.
 */
export class PlainHpack {
  #table: Field[] = [];
  #tableBytes = 0;
  #maxTableBytes = 4_096;

  /**
   * @returns The fields of a block, in order, each as `name: value`, with `never ` in front where it must enter no table; but not for
   * those that never do, credentials.
   */
  read(block: Uint8Array): string[] {
    const bits = new Cursor(block);
    const lines: string[] = [];
    while (!bits.isAtEnd) {
      const first = bits.peek();
      if (first >= 0x80) lines.push(this.#entry(bits.integer(7)).join(': '));
      else if (first >= 0x40) lines.push(this.#add(this.#literal(bits, 6)).join(': '));
      else if (first >= 0x20) this.#resize(bits.integer(5));
      else {
        const field = this.#literal(bits, 4);
        const isMarked = first >= 0x10 && !CREDENTIALS.has(field[0]);
        lines.push((isMarked ? NEVER : '') + field.join(': '));
      }
    }
    return lines;
  }

  #literal(bits: Cursor, prefixBits: number): Field {
    const index = bits.integer(prefixBits);
    const name = index === 0 ? bits.text() : this.#entry(index)[0];
    return [name, bits.text()];
  }

  #entry(index: number): Field {
    const entry = index < STATIC.length ? STATIC[index] : this.#table[index - STATIC.length];
    if (entry === undefined || index === 0) throw new Error(`a field has index ${index}, and there is none`);
    return entry;
  }

  #add(field: Field): Field {
    this.#table.unshift(field);
    this.#tableBytes += sizeOf(field);
    this.#evict();
    return field;
  }

  #resize(bytes: number): void {
    if (bytes > 4_096) throw new Error(`the table is set to ${bytes} bytes, which nobody has allowed`);
    this.#maxTableBytes = bytes;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#maxTableBytes) {
      const last = this.#table.pop();
      if (last === undefined) break;
      this.#tableBytes -= sizeOf(last);
    }
  }
}

/**
 * A block of fields, each `name: value`: literals without Huffman code that enter no table, or with `never ` in front must enter none.
 * RFC 7541 sections 6.2.2 and 6.2.3.
 */
export function plainBlock(lines: readonly string[]): Uint8Array {
  return Buffer.concat(
    lines.flatMap((line) => {
      const isMarked = line.startsWith(NEVER);
      const field = splitLine(isMarked ? line.slice(NEVER.length) : line);
      return [Uint8Array.of(isMarked ? 0x10 : 0), ...field.map(plainString)];
    }),
  );
}

/** A name may begin with a colon, and hold some in tests of bad names. */
function splitLine(line: string): Field {
  const at = line.indexOf(': ', 1);
  if (at < 0) throw new Error(`no field: ${JSON.stringify(line)}`);
  return [line.slice(0, at), line.slice(at + 2)];
}

function plainString(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
  const length: number[] = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Uint8Array.from([...length, rest]), bytes]);
}

type Field = readonly [name: string, value: string];

function sizeOf([name, value]: Field): number {
  return name.length + value.length + 32;
}

/** A place in a block. */
class Cursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  peek(): number {
    return this.#byte(this.#at);
  }

  /** RFC 7541 section 5.1. */
  integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = this.#byte(this.#at++) & most;
    if (value < most) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte(this.#at++);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  /** RFC 7541 section 5.2. */
  text(): string {
    const isHuffman = this.peek() >= 0x80;
    const length = this.integer(7);
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw new Error('a string is longer than its block');
    this.#at += length;
    return isHuffman ? huffmanText(bytes) : Buffer.from(bytes).toString('latin1');
  }

  #byte(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined) throw new Error('a block ends in the middle');
    return byte;
  }
}

/** Bit by bit: slow, and hard to get wrong. */
function huffmanText(bytes: Uint8Array): string {
  let text = '';
  let code = '';
  for (const bit of [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')) {
    code += bit;
    const symbol = SYMBOLS.get(code);
    if (symbol === undefined) continue;
    text += String.fromCharCode(symbol);
    code = '';
  }
  if (code.length > 7 || code.includes('0')) throw new Error(`a string is padded with ${code}`);
  return text;
}

/** Symbols by the digits of their codes. The code is canonical: lengths say it all. RFC 7541 Appendix B. */
function symbolsByCode(): ReadonlyMap<string, number> {
  const lengths = CODE_LENGTHS.trim().split(/\s+/).flatMap(repeated);
  const symbols = new Map<string, number>();
  let code = 0;
  for (let bits = 5; bits <= 30; bits++, code *= 2) {
    for (const [symbol, length] of lengths.entries()) {
      if (length === bits) symbols.set((code++).toString(2).padStart(bits, '0'), symbol);
    }
  }
  return symbols;
}

/** `7x3` is three symbols whose codes have seven bits. */
function repeated(text: string): number[] {
  const [length, count = '1'] = text.split('x');
  return new Array<number>(Number(count)).fill(Number(length));
}

const NEVER = 'never ';
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

const CODE_LENGTHS = `
  13 23 28x7 24 30 28x2 30 28x8 30 28x9
  6 10x2 12 13 6 8 11 10x2 8 11 8 6x3 5x3 6x7 7 8 15 6 12 10
  13 6 7x22 8 7 8 13 19 13 14 6
  15 5 6 5 6 5 6x3 5 7x2 6x3 5 6 7 6 5x2 6 7x5 15 11 14 13 28
  20 22 20x2 22x3 23 22 23x5 24 23 24x2 22 23 24 23x4 21 22 23 22 23x2 24
  22 21 20 22x2 23x2 21 23 22x2 24 21 22 23x2 21x2 22 21 23 22 23x2 20 22x3 23 22x2 23
  26x2 20 19 22 23 22 25 26x3 27x2 26 24 25 19 21 26 27x2 26 27 24 21x2 26x2 28 27x3
  20 24 20 21 22 21x2 23 22x2 25x2 24x2 26 23 26 27 26x2 27x5 28 27x5 26
  30`;

const SYMBOLS = symbolsByCode();

/** Index 0 is none. RFC 7541 Appendix A. */
const STATIC: readonly Field[] = [
  ['', ''],
  ...`:authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|:status=206
|:status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept
|access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language
|content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since
|if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range
|referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`
    .replaceAll('\n', '')
    .split('|')
    .map((entry): Field => {
      const at = entry.indexOf('=');
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
];
