import { OtlpError } from '../errors.ts';

/**
 * How much may be made of one export. Two bytes can ask for a whole message, so that its length alone bounds neither the memory nor the time
 * that it takes to read.
 */
export class DecodeBudget {
  #left = MAX_VALUES;

  /** Takes a message that is so deep within others. @throws OtlpError `LML_ERR_OTLP_BAD_MESSAGE` if that is too deep, or one too many. */
  takeMessage(depth: number): void {
    if (depth > MAX_DEPTH) {
      throw new OtlpError('LML_ERR_OTLP_BAD_MESSAGE', `messages are nested deeper than ${MAX_DEPTH}`);
    }
    this.takeValue();
  }

  /** Takes a value. @throws OtlpError `LML_ERR_OTLP_BAD_MESSAGE` if it is one too many. */
  takeValue(): void {
    if (--this.#left >= 0) return;
    const message = `there are more than ${MAX_VALUES} messages and values in one export: send it in parts`;
    throw new OtlpError('LML_ERR_OTLP_BAD_MESSAGE', message);
  }
}

/** A value that is a list of lists goes as deep as its sender likes. */
export const MAX_DEPTH = 64;
/** A usual batch, 512 spans with twenty attributes each, has about 46,000. */
export const MAX_VALUES = 500_000;
