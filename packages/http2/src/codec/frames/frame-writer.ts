import { FLAG, FRAME, FRAME_HEADER_BYTES } from './frame-types.ts';
import { PAGE_BYTES, takePage } from './output-pages.ts';

/** Encodes header fields, in a way that {@link FrameWriter.writeHeaders} can use. */
export interface BlockEncoder {
  /** @returns The offset behind the block, or -1 if it does not fit, in which case nothing has changed. */
  encode(fields: readonly string[], target: Buffer, offset: number, neverIndexed?: ReadonlySet<string>): number;
  /** @returns No fewer bytes than the block can have. */
  maxEncodedBytes(fields: readonly string[]): number;
}

/**
 * Writes frames into memory, one behind the other, so that all of one turn leave in as few writes as can be. RFC 9113 section 6.
 */
export class FrameWriter {
  #page: Buffer | undefined;
  #at = 0;
  #full: Uint8Array[] = [];
  #fullBytes = 0;

  /** Whether something waits to be taken. */
  get hasOutput(): boolean {
    return this.#at > 0 || this.#full.length > 0;
  }

  /** Bytes that wait to be taken. */
  get byteCount(): number {
    return this.#at + this.#fullBytes;
  }

  /** Takes what was written, in order: begins of pages, which `returnPage` takes back, and between them large content as it was given. */
  takeOutput(): readonly Uint8Array[] {
    if (this.#at === 0 && this.#full.length === 0) return NOTHING;
    this.#closePage();
    const output = this.#full;
    this.#full = [];
    this.#fullBytes = 0;
    return output;
  }

  /** Writes bytes as they are: the preface. */
  writeRaw(bytes: Uint8Array): void {
    const page = this.#room(bytes.length);
    page.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /**
   * Writes a DATA frame. Large content is not copied: it must not change any more.
   *
   * @param bytes - At most as many as a page has room for beside the header.
   */
  writeData(streamId: number, bytes: Uint8Array, start: number, end: number, endStream: boolean): void {
    const length = end - start;
    if (length >= LARGE_BYTES) {
      this.#setAside();
      const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
      this.#writeHeader(header, length, FRAME.data, endStream ? FLAG.endStream : 0, streamId);
      this.#at = 0;
      this.#push(header);
      this.#push(bytes.subarray(start, end));
      return;
    }
    const page = this.#room(FRAME_HEADER_BYTES + length);
    this.#writeHeader(page, length, FRAME.data, endStream ? FLAG.endStream : 0, streamId);
    if (length > 0) page.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.#at);
    this.#at += length;
  }

  /**
   * Writes a HEADERS frame, and CONTINUATION frames behind it where one is not enough.
   *
   * @param maxFrameBytes - What the peer takes in one frame.
   * @param neverIndexed - Names of fields that must enter no table.
   */
  writeHeaders(
    streamId: number,
    fields: readonly string[],
    encoder: BlockEncoder,
    endStream: boolean,
    maxFrameBytes: number,
    neverIndexed?: ReadonlySet<string>,
  ): void {
    let page = this.#room(FRAME_HEADER_BYTES + 1);
    let end = encoder.encode(fields, page, this.#at + FRAME_HEADER_BYTES, neverIndexed);
    if (end < 0) {
      this.#closePage();
      page = this.#room(FRAME_HEADER_BYTES);
      end = encoder.encode(fields, page, FRAME_HEADER_BYTES, neverIndexed);
    }
    const length = end - this.#at - FRAME_HEADER_BYTES;
    if (end >= 0 && length <= maxFrameBytes) {
      const flags = endStream ? FLAG.endHeaders | FLAG.endStream : FLAG.endHeaders;
      this.#writeHeader(page, length, FRAME.headers, flags, streamId);
      this.#at = end;
      return;
    }
    // The block in memory of its own: it was encoded up to `end`, or did not fit at all.
    const block = end >= 0 ? page.slice(this.#at + FRAME_HEADER_BYTES, end) : longBlock(fields, encoder, neverIndexed);
    this.#writeLongHeaders(streamId, block, endStream, maxFrameBytes);
  }

  /** Writes a RST_STREAM frame. */
  writeReset(streamId: number, errorCode: number): void {
    this.#writeWord(FRAME.rstStream, streamId, errorCode);
  }

  /** Writes a WINDOW_UPDATE frame. */
  writeWindowUpdate(streamId: number, increment: number): void {
    this.#writeWord(FRAME.windowUpdate, streamId, increment);
  }

  /** Writes a SETTINGS frame. @param settings - Identifiers and values in turn. */
  writeSettings(settings: readonly number[]): void {
    const length = (settings.length / 2) * 6;
    const page = this.#room(FRAME_HEADER_BYTES + length);
    this.#writeHeader(page, length, FRAME.settings, 0, 0);
    for (let index = 0; index < settings.length; index += 2) {
      this.#at = page.writeUInt16BE(settings[index] as number, this.#at); // identifiers and values come in pairs
      this.#at = page.writeUInt32BE(settings[index + 1] as number, this.#at);
    }
  }

  /** Acknowledges a SETTINGS frame. */
  writeSettingsAck(): void {
    this.#writeHeader(this.#room(FRAME_HEADER_BYTES), 0, FRAME.settings, FLAG.ack, 0);
  }

  /** Writes a PING frame. @param bytes - Its eight bytes lie from `start` on. */
  writePing(bytes: Uint8Array, start: number, isAck: boolean): void {
    const page = this.#room(FRAME_HEADER_BYTES + 8);
    this.#writeHeader(page, 8, FRAME.ping, isAck ? FLAG.ack : 0, 0);
    page.set(bytes.subarray(start, start + 8), this.#at);
    this.#at += 8;
  }

  /** Writes a GOAWAY frame. @param debugText - One character a byte. */
  writeGoaway(lastStreamId: number, errorCode: number, debugText: string): void {
    const length = 8 + debugText.length;
    const page = this.#room(FRAME_HEADER_BYTES + length);
    this.#writeHeader(page, length, FRAME.goaway, 0, 0);
    this.#at = page.writeUInt32BE(lastStreamId, this.#at);
    this.#at = page.writeUInt32BE(errorCode, this.#at);
    this.#at += page.write(debugText, this.#at, 'latin1');
  }

  /** Writes a PRIORITY_UPDATE frame. RFC 9218 section 7.1. @param value - A priority field value, ASCII. */
  writePriorityUpdate(streamId: number, value: string): void {
    const length = 4 + value.length;
    const page = this.#room(FRAME_HEADER_BYTES + length);
    this.#writeHeader(page, length, FRAME.priorityUpdate, 0, 0);
    this.#at = page.writeUInt32BE(streamId, this.#at);
    this.#at += page.write(value, this.#at, 'latin1');
  }

  #writeWord(type: number, streamId: number, value: number): void {
    const page = this.#room(FRAME_HEADER_BYTES + 4);
    this.#writeHeader(page, 4, type, 0, streamId);
    this.#at = page.writeUInt32BE(value, this.#at);
  }

  #writeHeader(page: Buffer, length: number, type: number, flags: number, streamId: number): void {
    const at = this.#at;
    page[at] = length >>> 16;
    page[at + 1] = length >>> 8;
    page[at + 2] = length;
    page[at + 3] = type;
    page[at + 4] = flags;
    page[at + 5] = streamId >>> 24;
    page[at + 6] = streamId >>> 16;
    page[at + 7] = streamId >>> 8;
    page[at + 8] = streamId;
    this.#at = at + FRAME_HEADER_BYTES;
  }

  #writeLongHeaders(streamId: number, block: Uint8Array, endStream: boolean, maxFrameBytes: number): void {
    const pieceBytes = Math.min(maxFrameBytes, PAGE_BYTES - FRAME_HEADER_BYTES);
    const copy = new Uint8Array(block); // the page that it may lie in is written to
    for (let start = 0; start < copy.length; start += pieceBytes) {
      const end = Math.min(copy.length, start + pieceBytes);
      const flags = (end === copy.length ? FLAG.endHeaders : 0) | (start === 0 && endStream ? FLAG.endStream : 0);
      const page = this.#room(FRAME_HEADER_BYTES + end - start);
      this.#writeHeader(page, end - start, start === 0 ? FRAME.headers : FRAME.continuation, flags, streamId);
      page.set(copy.subarray(start, end), this.#at);
      this.#at += end - start;
    }
  }

  #room(byteCount: number): Buffer {
    if (this.#page !== undefined && this.#at + byteCount > PAGE_BYTES) this.#closePage();
    this.#page ??= takePage();
    return this.#page;
  }

  #closePage(): void {
    if (this.#page === undefined || this.#at === 0) return;
    this.#push(this.#page.subarray(0, this.#at));
    this.#page = undefined;
    this.#at = 0;
  }

  /** What stands before large content leaves with it. Where it is little, the page is kept for what comes. */
  #setAside(): void {
    if (this.#page === undefined || this.#at === 0) return;
    if (this.#at > LITTLE_BYTES) this.#closePage();
    else {
      this.#push(Buffer.from(this.#page.subarray(0, this.#at)));
      this.#at = 0;
    }
  }

  #push(chunk: Uint8Array): void {
    this.#full.push(chunk);
    this.#fullBytes += chunk.length;
  }
}

function longBlock(
  fields: readonly string[],
  encoder: BlockEncoder,
  neverIndexed: ReadonlySet<string> | undefined,
): Uint8Array {
  const block = Buffer.allocUnsafeSlow(encoder.maxEncodedBytes(fields));
  return block.subarray(0, encoder.encode(fields, block, 0, neverIndexed));
}

const NOTHING: readonly Uint8Array[] = [];
/** From here on copying costs more than one more piece in a vectored write. */
const LARGE_BYTES = 8 * 1024;
const LITTLE_BYTES = 4 * 1024;
