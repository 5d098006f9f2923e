import { isLamellaError } from '@lamella/service-core';
import { messageOf } from '../../cli-error.ts';

/** What a part of a configuration is wrong about that its schema does not show. */
export interface WrongPart {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** All that is wrong about the parts of a configuration. */
export class WrongParts extends Error {
  static {
    WrongParts.prototype.name = 'WrongParts';
  }

  readonly parts: readonly WrongPart[];

  constructor(parts: readonly WrongPart[]) {
    super(parts.map(({ message }) => message).join('\n'));
    this.parts = parts;
  }
}

/** Makes parts, and goes on where one can't be made, so that whoever writes the file hears of all that is wrong at once. */
export class PartTrials {
  readonly #wrong: WrongPart[] = [];

  /** @returns What `make` gives; `undefined` if the part makes no sense. */
  attempt<Value>(path: WrongPart['path'], make: () => Value): Value | undefined {
    try {
      return make();
    } catch (error) {
      if (!isLamellaError(error)) throw error;
      this.add(path, messageOf(error));
      return undefined;
    }
  }

  add(path: WrongPart['path'], message: string): void {
    this.#wrong.push({ path, message });
  }

  /** @throws WrongParts if there was anything. */
  end(): void {
    if (this.#wrong.length > 0) throw new WrongParts(this.#wrong);
  }
}
