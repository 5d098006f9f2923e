import { badRequest } from './parameters.ts';

/**
 * Chooses a status of a list such as `200:9,503:1`; a status without a weight has 1.
 *
 * @param share - Where to look, from 0 up to, but not, 1.
 * @throws ProblemError if it is no such list.
 */
export function statusOf(text: string, share: number): number {
  const choices = text.split(',');
  if (choices.length > MAX_CHOICES)
    throw badRequest(`codes has ${choices.length} entries; ${MAX_CHOICES} are the most`);
  const weighted = choices.map(choiceOf);
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) throw badRequest('codes has weights of 0 alone');
  let left = share * total;
  for (const { status, weight } of weighted) {
    left -= weight;
    if (left < 0) return status;
  }
  // What rounding leaves belongs to the last one that can be chosen at all.
  return weighted.findLast(({ weight }) => weight > 0)?.status ?? 0;
}

function choiceOf(text: string): { readonly status: number; readonly weight: number } {
  const [, code, weight = '1'] = CHOICE.exec(text) ?? [];
  if (code === undefined) {
    throw badRequest(
      `codes must be a status from 200 to 599, or a list such as 200:9,503:1, got ${JSON.stringify(text.slice(0, 50))}`,
    );
  }
  return { status: Number(code), weight: Number(weight) };
}

const CHOICE = /^([2-5][0-9]{2})(?::([0-9]{1,6}(?:\.[0-9]{1,6})?))?$/;
const MAX_CHOICES = 100;
