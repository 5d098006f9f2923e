import { HttpRequest } from '@lamella/http';
import { problemOf } from '@lamella/web';
import { describe, expect, it } from 'vitest';
import { Notes } from './notes.ts';

describe('Notes', () => {
  it('keeps what is added, the last hundred', async () => {
    const notes = new Notes();
    for (let count = 1; count <= 101; count++) {
      const response = await notes.add(post(JSON.stringify({ text: `note ${count}` })));
      expect([response.status, response.headers.get('location')]).toEqual([201, `/api/notes/${count}`]);
    }
    const list = JSON.parse(await notes.list().body.text());
    expect([list.length, list[0], list[99]]).toEqual([100, { id: 2, text: 'note 2' }, { id: 101, text: 'note 101' }]);
    await expect(notes.show('101').body.text()).resolves.toBe('{"id":101,"text":"note 101"}');
    expect(() => notes.show('1')).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ status: 404 }) }),
    );
  });

  it('takes a text of 200 characters', async () => {
    expect((await new Notes().add(post(JSON.stringify({ text: 'x'.repeat(200) })))).status).toBe(201);
  });

  it.each([
    ['text/plain', '{"text":"a"}', 415],
    ['application/jsonp', '{"text":"a"}', 415],
    ['application/json', '{"text":', 400],
    ['application/json', 'null', 422],
    ['application/json', '{"text":1}', 422],
    ['application/json', '{"text":""}', 422],
    ['application/json', JSON.stringify({ text: 'x'.repeat(201) }), 422],
  ])('refuses %s %j with %i', async (type, content, status) => {
    const error = await new Notes().add(post(content, type)).catch((reason: unknown) => reason);
    expect(problemOf(error).status).toBe(status);
  });
});

function post(body: string, type = 'application/json'): HttpRequest {
  return HttpRequest.from({ method: 'POST', target: '/api/notes', headers: { 'Content-Type': type }, body });
}
