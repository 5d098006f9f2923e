/** Text of a peer, for an attribute: no longer than {@link MAX_VALUE_CHARS}. */
export function cut(text: string): string {
  return text.length <= MAX_VALUE_CHARS ? text : text.slice(0, MAX_VALUE_CHARS);
}

/** Longest text of a peer in an attribute, in characters. */
const MAX_VALUE_CHARS = 4_096;
