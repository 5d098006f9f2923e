/** Urgency and incrementality of a response. RFC 9218 section 4. */
export interface Http2Priority {
  /** 0 (first) to 7 (last). Default 3. */
  readonly urgency?: number;
  /** Whether the content is of use bit by bit. Default false. */
  readonly isIncremental?: boolean;
}

/**
 * Reads a priority field value, such as `u=1, i`. RFC 9218 section 4.
 *
 * @remarks
 * A dictionary of structured fields of which two members matter. Malformed or unknown members are advice that is not taken.
 */
export function parsePriority(value: string): Http2Priority {
  let urgency = 3;
  let isIncremental = false;
  for (const member of value.split(',', MAX_MEMBERS)) {
    const match = MEMBER.exec(member);
    if (match === null) continue;
    const [, key, item = '?1'] = match;
    if (key === 'u' && URGENCY.test(item)) urgency = Number(item);
    else if (key === 'i' && (item === '?1' || item === '?0')) isIncremental = item === '?1';
  }
  return { urgency, isIncremental };
}

/** Writes a priority field value; `''` for the default one. */
export function formatPriority({ urgency = 3, isIncremental = false }: Http2Priority): string {
  const members = [];
  if (urgency !== 3) members.push(`u=${urgency}`);
  if (isIncremental) members.push('i');
  return members.join(', ');
}

const MEMBER = /^[ \t]*([a-z*][a-z0-9_.*-]{0,30})(?:=([^; \t]{1,30}))?(?:;.*)?[ \t]*$/;
const URGENCY = /^[0-7]$/;
const MAX_MEMBERS = 32;
