/** A JSON value as it stood in its input, not looked at any closer. */
export interface JsonText {
  readonly text: string;
  /** Line of its first character, from 1. */
  readonly line: number;
  /** Column of that, in characters, from 1. */
  readonly column: number;
}

/**
 * Finds where JSON values end that follow each other, on one line or on many, with nothing but space between them.
 *
 * @remarks
 * A value is given as soon as its last character is here, so that whoever types one is not kept waiting: objects, arrays and strings end by
 * themselves, everything else with the space behind it. Whether it is JSON is for the parser to say.
 */
export class JsonSplitter {
  #text = '';
  #start = { line: 1, column: 1 };
  #at = { line: 1, column: 1 };
  #depth = 0;
  #state: 'between' | 'plain' | 'nested' | 'string' | 'escape' = 'between';

  /** Takes more of the input. @returns The values that have ended in it. */
  push(text: string): readonly JsonText[] {
    const values: JsonText[] = [];
    for (const character of text) {
      // A plain value has no end of its own: the next one, or a space, ends it.
      if (this.#state === 'plain' && ENDS_PLAIN.test(character)) values.push(this.#take());
      if (this.#state !== 'between' || !SPACE.test(character)) {
        this.#add(character);
        if (this.#hasEnded(character)) values.push(this.#take());
      }
      this.#move(character);
    }
    return values;
  }

  /** There is no more. @returns What has not ended; `undefined` if there is nothing. */
  end(): JsonText | undefined {
    return this.#state === 'between' ? undefined : this.#take();
  }

  #add(character: string): void {
    if (this.#state === 'between') {
      this.#start = { ...this.#at };
      this.#state = character === '{' || character === '[' ? 'nested' : character === '"' ? 'string' : 'plain';
      this.#depth = this.#state === 'nested' ? 1 : 0;
    } else if (this.#state === 'escape') {
      this.#state = 'string';
    } else if (this.#state === 'string') {
      if (character === '\\') this.#state = 'escape';
      else if (character === '"' && this.#depth > 0) this.#state = 'nested';
      else if (character === '"') this.#state = 'plain';
    } else if (this.#state === 'nested') {
      if (character === '"') this.#state = 'string';
      else if (character === '{' || character === '[') this.#depth++;
      else if (character === '}' || character === ']') this.#depth--;
    }
    this.#text += character;
  }

  #hasEnded(character: string): boolean {
    if (this.#state === 'nested') return this.#depth === 0;
    return this.#state === 'plain' && character === '"' && this.#text.length > 1;
  }

  #take(): JsonText {
    const value = { text: this.#text, ...this.#start };
    this.#text = '';
    this.#state = 'between';
    return value;
  }

  #move(character: string): void {
    if (character === '\n') this.#at = { line: this.#at.line + 1, column: 1 };
    else this.#at.column++;
  }
}

const SPACE = /[ \t\r\n\ufeff]/;
const ENDS_PLAIN = /[ \t\r\n{["]/;
