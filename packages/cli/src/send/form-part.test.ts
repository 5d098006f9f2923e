import { describe, expect, it } from 'vitest';
import type { FormPart } from './form-part.ts';
import { formPart } from './form-part.ts';

describe('formPart', () => {
  it.each<[text: string, part: Partial<FormPart>]>([
    ['a=b', { name: 'a', from: 'text', value: 'b', contentType: undefined, fileName: undefined }],
    ['a=', { value: '' }],
    ['a=b=c', { name: 'a', value: 'b=c' }],
    ['a=b;c', { value: 'b;c', contentType: undefined }],
    ['a=b;type=text/x', { value: 'b', contentType: 'text/x' }],
    ['a=b;type=text/x;charset=utf-8', { value: 'b', contentType: 'text/x;charset=utf-8' }],
    ['a=b;filename=c.txt;type=text/x', { from: 'text', value: 'b', fileName: 'c.txt', contentType: 'text/x' }],
    ['a="b;type=c"', { value: 'b;type=c', contentType: undefined }],
    ['a="say \\"hi\\" \\\\";type=text/x', { value: 'say "hi" \\', contentType: 'text/x' }],
    ['a=@/tmp/photo.PNG', { from: 'file', value: '/tmp/photo.PNG', fileName: 'photo.PNG', contentType: 'image/png' }],
    ['a=@x', { value: 'x', fileName: 'x', contentType: 'application/octet-stream' }],
    ['a=@x;filename=y.html', { value: 'x', fileName: 'y.html', contentType: 'text/html' }],
    ['a=@"x;y";filename="z;1"', { value: 'x;y', fileName: 'z;1' }],
    ['a=@-', { from: 'file', value: '-', fileName: '-' }],
    ['a=<x', { from: 'content', value: 'x', fileName: undefined, contentType: undefined }],
  ])('understands %s', (text, part) => {
    expect(formPart({ type: 'form', text })).toMatchObject(part);
  });

  it('takes text as it is, if told so', () => {
    expect(formPart({ type: 'text', text: 'a=@b;type=c' })).toMatchObject({ from: 'text', value: '@b;type=c' });
  });

  it.each(['', 'a', '=b', 'a=@', 'a=<', 'a=@;type=x'])('refuses %j', (text) => {
    expect(() => formPart({ type: 'form', text })).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  it('reads a long text of semicolons in no time', () => {
    const text = `a=${';type'.repeat(20_000)}`;
    expect(formPart({ type: 'form', text }).value).toHaveLength(100_000);
  });
});
