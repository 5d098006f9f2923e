/** An entity tag, taken apart. RFC 9110 section 8.8.3. */
export interface EntityTag {
  /** What stands between the quotes. */
  readonly value: string;
  /** Whether it only says that the content means the same, not that it is the same byte for byte. */
  readonly isWeak: boolean;
}

/**
 * Reads an entity tag, such as `"v1"` or `W/"v1"`.
 *
 * @returns Its parts, or `undefined` if the text is no entity tag.
 *
 * @example
 * parseEntityTag('W/"v1"'); // { value: 'v1', isWeak: true }
 * parseEntityTag('v1'); // undefined: the quotes are part of it
 */
export function parseEntityTag(text: string): EntityTag | undefined {
  const [tag, ...others] = parseEntityTags(text);
  return others.length === 0 && tag !== undefined && !text.includes(',', text.lastIndexOf('"')) ? tag : undefined;
}

/**
 * Reads a list of entity tags, as If-Match and If-None-Match have it; what follows the first mistake is left out.
 *
 * @remarks
 * A backslash escapes nothing here: `"a\"` is a whole tag.
 */
export function parseEntityTags(text: string): EntityTag[] {
  const tags: EntityTag[] = [];
  const element = new RegExp(ELEMENT);
  for (let found = element.exec(text); found !== null; found = element.exec(text)) {
    tags.push({ value: found[2] ?? '', isWeak: found[1] !== undefined });
  }
  return tags;
}

/** Whether two tags name the same bytes: neither is weak, and they are equal. RFC 9110 section 8.8.3.2. */
export function isStrongMatch(first: EntityTag, second: EntityTag): boolean {
  return !first.isWeak && !second.isWeak && first.value === second.value;
}

/** Whether two tags name content of the same meaning, weak or not. RFC 9110 section 8.8.3.2. */
export function isWeakMatch(first: EntityTag, second: EntityTag): boolean {
  return first.value === second.value;
}

const ELEMENT = /[ \t,]*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?=,|$)/y;
