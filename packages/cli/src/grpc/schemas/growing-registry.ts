import type { DescExtension, DescMessage, Registry } from '@bufbuild/protobuf';
import { createRegistry } from '@bufbuild/protobuf';
import type { SchemaSource } from './schema-source.ts';

/** The messages that an `Any` may hold: those of some files at first, and whatever else the source knows once it is needed. */
export class GrowingRegistry {
  readonly #source: SchemaSource;
  readonly #asked = new Set<string>();
  #known: Registry;

  constructor(files: Registry, source: SchemaSource) {
    this.#known = files;
    this.#source = source;
  }

  /**
   * Converts something, again with more messages as long as any were missing that there are.
   *
   * @throws what `convert` throws, if nothing more is known.
   */
  async convert<Value>(convert: (registry: Registry) => Value): Promise<Value> {
    for (;;) {
      const missing = new Set<string>();
      try {
        return convert(noting(this.#known, missing));
      } catch (error) {
        if (!(await this.#learn(missing))) throw error;
      }
    }
  }

  /** @returns Whether anything new is known. */
  async #learn(names: ReadonlySet<string>): Promise<boolean> {
    let hasLearned = false;
    for (const name of names) {
      if (this.#asked.has(name)) continue;
      this.#asked.add(name);
      const files = await this.#source.filesOf(name);
      if (files?.getMessage(name) === undefined) continue;
      this.#known = createRegistry(this.#known, files);
      hasLearned = true;
    }
    return hasLearned;
  }
}

/** The same registry, which notes the messages that it does not know. */
function noting(registry: Registry, missing: Set<string>): Registry {
  return {
    kind: registry.kind,
    [Symbol.iterator]: () => registry[Symbol.iterator](),
    get: (name: string) => registry.get(name),
    getMessage(name: string): DescMessage | undefined {
      const found = registry.getMessage(name);
      if (found === undefined) missing.add(name);
      return found;
    },
    getEnum: (name: string) => registry.getEnum(name),
    getExtension: (name: string): DescExtension | undefined => registry.getExtension(name),
    getExtensionFor: (extendee: DescMessage, number: number) => registry.getExtensionFor(extendee, number),
    getService: (name: string) => registry.getService(name),
  };
}
