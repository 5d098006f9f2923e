/** Where a text stops being JSON, in characters from its begin; its length if it ends too early. Source: RFC 8259. */
export function jsonErrorOffset(text: string): number {
  const open: ('{' | '[')[] = [];
  let expects: Expected = 'value';
  let at = 0;
  for (;;) {
    at = endOf(SPACE, text, at);
    const character = text[at];
    if (character === undefined) return at;
    switch (expects) {
      case 'first-item':
      case 'value':
        if (expects === 'first-item' && character === ']') {
          open.pop();
          expects = 'rest';
        } else if (character === '{' || character === '[') {
          open.push(character);
          expects = character === '{' ? 'first-key' : 'first-item';
        } else {
          const end = endOfToken(text, at);
          if (end.isBroken) return end.at;
          at = end.at;
          expects = 'rest';
          continue;
        }
        break;
      case 'first-key':
      case 'key':
        if (expects === 'first-key' && character === '}') {
          open.pop();
          expects = 'rest';
        } else {
          const end = endOfToken(text, at);
          if (character !== '"') return at;
          if (end.isBroken) return end.at;
          at = end.at;
          expects = 'colon';
          continue;
        }
        break;
      case 'colon':
        if (character !== ':') return at;
        expects = 'value';
        break;
      case 'rest': {
        const container = open.at(-1);
        if (character === ',' && container !== undefined) {
          expects = container === '{' ? 'key' : 'value';
        } else if (container !== undefined && character === (container === '{' ? '}' : ']')) {
          open.pop();
        } else {
          return at;
        }
      }
    }
    at++;
  }
}

type Expected = 'value' | 'first-item' | 'key' | 'first-key' | 'colon' | 'rest';

interface TokenEnd {
  readonly at: number;
  readonly isBroken: boolean;
}

/** A string, a number, or one of the three words. */
function endOfToken(text: string, at: number): TokenEnd {
  if (text[at] === '"') {
    const end = endOf(STRING, text, at);
    return text[end] === '"' ? { at: end + 1, isBroken: false } : { at: end, isBroken: true };
  }
  const end = endOf(PLAIN, text, at);
  return { at: end, isBroken: end === at };
}

/** Where what matches from `at` on ends; `at` if nothing does. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

const SPACE = /[ \t\r\n]*/y;
/** A string without its last quote: as far as it is one. */
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|[\x7f-\x9f])*/uy;
const PLAIN = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
