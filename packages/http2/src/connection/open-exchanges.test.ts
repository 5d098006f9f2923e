import { describe, expect, it } from 'vitest';
import { OpenExchanges } from './open-exchanges.ts';

describe('OpenExchanges', () => {
  it('has those that were added and not taken out', () => {
    const [first, second, third] = [newOne('first'), newOne('second'), newOne('third')];
    const open = new OpenExchanges<typeof first>();
    for (const one of [first, second, third]) open.add(one);
    expect(open.all()).toEqual([first, second, third]);

    open.delete(first);
    expect([open.size, namesOf(open.all())]).toEqual([2, ['second', 'third']]);
    open.delete(first); // has no effect
    open.delete(third);
    expect(open.all()).toEqual([second]);
    open.add(first);
    open.delete(second);
    open.delete(first);
    expect([open.size, open.all()]).toEqual([0, []]);
  });

  it('gives a list that stays as it is', () => {
    const only = newOne('only');
    const open = new OpenExchanges<typeof only>();
    open.add(only);
    const all = open.all();
    open.delete(only);
    expect(namesOf(all)).toEqual(['only']);
  });
});

function newOne(name: string): { readonly name: string; place: number } {
  return { name, place: -1 };
}

function namesOf(all: readonly { readonly name: string }[]): string[] {
  return all.map(({ name }) => name).sort();
}
