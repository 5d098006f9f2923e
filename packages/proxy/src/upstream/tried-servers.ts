import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/** Ids of the servers that a request went to so far. Most go to one and no more: for those no set is made. */
export class TriedIds {
  #first: string | undefined;
  #ids: Set<string> | undefined;

  /** All of them; `undefined` if there is none yet. */
  get ids(): ReadonlySet<string> | undefined {
    return this.#first === undefined ? undefined : this.#setOf(this.#first);
  }

  add(id: string): void {
    if (this.#first === undefined) this.#first = id;
    else this.#setOf(this.#first).add(id);
  }

  #setOf(first: string): Set<string> {
    this.#ids ??= new Set([first]);
    return this.#ids;
  }
}

/** Servers that earlier attempts of a request went to. */
export const TriedServers: ExtensionKey<TriedIds, 'request'> = extensionKey('proxy/tried-servers', {
  scope: 'request',
});
