import type { ErrorPage } from './error-page.ts';

/** A page in the form that was chosen. */
export interface ChosenPage {
  /** Value of Content-Type. */
  readonly type: string;
  readonly content: string;
}

/**
 * The form of a page that a client would rather have. RFC 9110 section 12.5.1.
 *
 * @param accept - Value of Accept; without one the first form there is.
 * @returns `undefined` if the page has no form at all. What is not acceptable is better than nothing.
 */
export function preferredPage(accept: string | undefined, page: ErrorPage): ChosenPage | undefined {
  let best: ChosenPage | undefined;
  let bestQuality = -1;
  for (const { name, type } of FORMS) {
    const content = page[name];
    if (content === undefined) continue;
    const quality = accept === undefined ? 1 : qualityOf(accept, type);
    if (quality <= bestQuality) continue;
    bestQuality = quality;
    best = { type: name === 'json' ? type : `${type}; charset=utf-8`, content };
  }
  return best;
}

/** What the most specific range of Accept says of a type; 0 if none does. */
function qualityOf(accept: string, type: string): number {
  let quality = 0;
  let specificity = -1;
  for (const item of accept.split(',').slice(0, MAX_ITEMS)) {
    const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const rank = range === type ? 2 : range === `${type.split('/')[0]}/*` ? 1 : range === '*/*' ? 0 : -1;
    if (rank < 0 || rank < specificity) continue;
    specificity = rank;
    const given = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    quality = given === undefined ? 1 : /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(given) ? Number(given) : 0;
  }
  return quality;
}

const FORMS = [
  { name: 'html', type: 'text/html' },
  { name: 'json', type: 'application/json' },
  { name: 'text', type: 'text/plain' },
] as const;
const MAX_ITEMS = 50;
