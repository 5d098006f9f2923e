import type { AbortScope } from '@lamella/service-core';

/** Something that was said in a room. */
export interface ChatMessage {
  /** Counts up in each room, from 1. */
  readonly number: number;
  readonly author: string;
  readonly text: string;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/** Hears what is said in a room, until it leaves. */
export interface Visit {
  /** The last messages, and all that follow. Ends by `leave`, once everything said until then was given. */
  readonly messages: AsyncIterable<ChatMessage>;
  readonly leave: () => void;
}

/**
 * A room: its last messages, and who listens.
 *
 * Nobody has a queue: a visit knows the number of its last message, and who reads so slowly that more was said than the room remembers goes
 * on with the oldest that is left. So memory is bounded, however many listen, and however slowly.
 */
export class Room {
  readonly name: string;
  readonly #messages: ChatMessage[] = [];
  readonly #waiting = new Set<() => void>();
  #lastNumber = 0;
  #listeners = 0;
  #closedBy: Error | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** How many listen now. */
  get listeners(): number {
    return this.#listeners;
  }

  say(author: string, text: string, atMs: number): ChatMessage {
    const message = { number: ++this.#lastNumber, author, text, atMs };
    this.#messages.push(message);
    if (this.#messages.length > REMEMBERED) this.#messages.shift();
    this.#tell();
    return message;
  }

  /** @param scope - Ends the visit when it is aborted, with its reason. */
  visit(scope: AbortScope): Visit {
    const state = { isLeaving: false };
    return {
      messages: this.#follow(scope, state),
      leave: () => {
        state.isLeaving = true;
        this.#tell();
      },
    };
  }

  /** Ends all visits with an error, those that come later too. */
  close(reason: Error): void {
    this.#closedBy ??= reason;
    this.#tell();
  }

  async *#follow(scope: AbortScope, state: { readonly isLeaving: boolean }): AsyncGenerator<ChatMessage> {
    let last = 0;
    this.#listeners++;
    try {
      for (;;) {
        scope.throwIfAborted();
        const message = this.#messages.find(({ number }) => number > last);
        if (message !== undefined) {
          last = message.number;
          yield message;
        } else if (state.isLeaving) return;
        else if (this.#closedBy !== undefined) throw this.#closedBy;
        else await this.#somethingHappens(scope);
      }
    } finally {
      this.#listeners--;
    }
  }

  async #somethingHappens(scope: AbortScope): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await scope.race(promise);
    } finally {
      this.#waiting.delete(resolve);
    }
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** How many messages a room remembers. */
export const REMEMBERED = 100;
