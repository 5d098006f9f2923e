/** A response that sets cookies, and a request of the same browser afterwards. */
export interface CookieCase {
  /** What it shows. */
  readonly name: string;
  /** Set-Cookie fields, each of a response of its own if they come from different places. */
  readonly set: readonly (readonly [from: string, setCookie: string])[];
  /** Where the request goes. */
  readonly to: string;
  /** From where it comes; default: the user has typed the address. */
  readonly by?: 'link' | 'form' | 'image';
  /** The Cookie field that it carries. */
  readonly sent: string | undefined;
  /** What the jar sends where it goes another way than Chromium, and why. */
  readonly jar?: { readonly sent: string | undefined; readonly why: string };
}

const SHOP = 'http://shop.example.com/cart/1';
const SAFE = 'https://shop.example.com/cart/1';
const PAST = 'Thu, 01 Jan 1970 00:00:00 GMT';
const NAMELESS = 'a value without a name can be made to look like any other cookie';
const LONG = 'x'.repeat(1_024);

/** Cases of RFC 6265 and of its revision, by what each is about. Ports are left out: cookies know none. */
export const COOKIE_CASES: Readonly<Record<string, readonly CookieCase[]>> = {
  Domain: [
    one('none: for the host alone', SHOP, 'a=1; Path=/', 'http://shop.example.com/', 'a=1'),
    one('none: not for a host below', SHOP, 'a=1; Path=/', 'http://sub.shop.example.com/', undefined),
    one('none: not for the domain above', SHOP, 'a=1; Path=/', 'http://example.com/', undefined),
    one('the domain above', SHOP, 'a=1; Path=/; Domain=example.com', 'http://other.example.com/', 'a=1'),
    one('the domain above, itself', SHOP, 'a=1; Path=/; Domain=example.com', 'http://example.com/', 'a=1'),
    one('with a dot in front', SHOP, 'a=1; Path=/; Domain=.example.com', 'http://other.example.com/', 'a=1'),
    one('with two dots in front', SHOP, 'a=1; Path=/; Domain=..example.com', 'http://shop.example.com/', undefined),
    one('in capitals', SHOP, 'a=1; Path=/; Domain=EXAMPLE.COM', 'http://other.example.com/', 'a=1'),
    one(
      'the host itself, and so hosts below',
      SHOP,
      'a=1; Path=/; Domain=shop.example.com',
      'http://b.shop.example.com/',
      'a=1',
    ),
    one('a host below', SHOP, 'a=1; Path=/; Domain=b.shop.example.com', 'http://b.shop.example.com/', undefined),
    one('another domain', SHOP, 'a=1; Path=/; Domain=other.com', 'http://shop.example.com/', undefined),
    one('an ending that is no label', SHOP, 'a=1; Path=/; Domain=ample.com', 'http://shop.example.com/', undefined),
    one(
      'another name with the same ending',
      SHOP,
      'a=1; Path=/; Domain=example.com',
      'http://evilexample.com/',
      undefined,
    ),
    one('a public suffix', SHOP, 'a=1; Path=/; Domain=com', 'http://shop.example.com/', undefined),
    one('a public suffix of two labels', 'http://shop.co.uk/', 'a=1; Domain=co.uk', 'http://shop.co.uk/', undefined),
    one(
      'a public suffix of a company',
      'http://me.github.io/',
      'a=1; Domain=github.io',
      'http://me.github.io/',
      undefined,
    ),
    one(
      'a public suffix that is the host itself',
      'http://github.io/',
      'a=1; Domain=github.io',
      'http://github.io/',
      'a=1',
    ),
    one(
      'that one, not for hosts below',
      'http://github.io/',
      'a=1; Domain=github.io',
      'http://me.github.io/',
      undefined,
    ),
    one('a name that nobody has registered', 'http://a.b.test/', 'a=1; Domain=b.test', 'http://b.test/', 'a=1'),
    one('a top level that nobody has registered', 'http://b.test/', 'a=1; Domain=test', 'http://b.test/', undefined),
    one('empty', SHOP, 'a=1; Path=/; Domain=', 'http://shop.example.com/', 'a=1'),
    one('empty: for the host alone', SHOP, 'a=1; Path=/; Domain=', 'http://sub.shop.example.com/', undefined),
    one(
      'twice: the last counts',
      SHOP,
      'a=1; Path=/; Domain=other.com; Domain=example.com',
      'http://example.com/',
      'a=1',
    ),
    one('an address, the same', 'http://127.0.0.1/', 'a=1; Domain=127.0.0.1', 'http://127.0.0.1/', 'a=1'),
    one('the end of an address', 'http://127.0.0.1/', 'a=1; Domain=0.0.1', 'http://127.0.0.1/', undefined),
    one('localhost', 'http://localhost/', 'a=1; Domain=localhost', 'http://localhost/', 'a=1'),
  ],
  Path: [
    one('none: the folder of the page', SHOP, 'a=1', 'http://shop.example.com/cart/2', 'a=1'),
    one('none: that folder itself', SHOP, 'a=1', 'http://shop.example.com/cart', 'a=1'),
    one('none: not above', SHOP, 'a=1', 'http://shop.example.com/', undefined),
    one('none: at the root', 'http://shop.example.com/page', 'a=1', 'http://shop.example.com/other/x', 'a=1'),
    one('whole labels only', SHOP, 'a=1; Path=/cart', 'http://shop.example.com/cartoon', undefined),
    one('below', SHOP, 'a=1; Path=/cart', 'http://shop.example.com/cart/2/3', 'a=1'),
    one('with a slash at the end: below', SHOP, 'a=1; Path=/cart/', 'http://shop.example.com/cart/2', 'a=1'),
    one('with a slash at the end: not itself', SHOP, 'a=1; Path=/cart/', 'http://shop.example.com/cart', undefined),
    one('of elsewhere', SHOP, 'a=1; Path=/other', 'http://shop.example.com/other', 'a=1'),
    one('in another case', SHOP, 'a=1; Path=/Cart', 'http://shop.example.com/cart/1', undefined),
    one('without a slash in front: as none', SHOP, 'a=1; Path=other', 'http://shop.example.com/cart/2', 'a=1'),
    one('empty: as none', SHOP, 'a=1; Path=', 'http://shop.example.com/', undefined),
    one('twice: the last counts', SHOP, 'a=1; Path=/other; Path=/', 'http://shop.example.com/', 'a=1'),
    one('in quotes: as none', SHOP, 'a=1; Path="/"', 'http://shop.example.com/', undefined),
    one('with an escape is not the same', SHOP, 'a=1; Path=/c%61rt', 'http://shop.example.com/cart/1', undefined),
    one('of 1,024 bytes', SHOP, `a=1; Path=/${LONG.slice(1)}`, 'http://shop.example.com/cart/1', undefined),
    one('of more bytes: as none', SHOP, `a=1; Path=/${LONG}`, 'http://shop.example.com/cart/1', 'a=1'),
    {
      name: 'the longer one first, then the older one',
      set: [
        [SHOP, 'a=1; Path=/'],
        [SHOP, 'b=2; Path=/'],
        [SHOP, 'c=3; Path=/cart'],
        [SHOP, 'a=4; Path=/'],
      ],
      to: SHOP,
      sent: 'c=3; b=2; a=4',
      jar: { sent: 'c=3; a=4; b=2', why: 'RFC 6265 section 5.3: a new value leaves a cookie its age' },
    },
  ],
  Secure: [
    one('by TLS', SAFE, 'a=1; Path=/; Secure', 'https://shop.example.com/', 'a=1'),
    one('not in clear', SAFE, 'a=1; Path=/; Secure', 'http://shop.example.com/', undefined),
    one('set in clear', SHOP, 'a=1; Path=/; Secure', 'https://shop.example.com/', undefined),
    one('with a value', SAFE, 'a=1; Path=/; Secure=false', 'http://shop.example.com/', undefined),
    one('none: set in clear, sent by TLS', SHOP, 'a=1; Path=/', 'https://shop.example.com/', 'a=1'),
    one('none: set by TLS, sent in clear', SAFE, 'a=1; Path=/', 'http://shop.example.com/', 'a=1'),
    one('of localhost, in clear', 'http://localhost/', 'a=1; Secure', 'http://localhost/', 'a=1'),
    one('of 127.0.0.1, in clear', 'http://127.0.0.1/', 'a=1; Secure', 'http://127.0.0.1/', 'a=1'),
    overlay('is not replaced in clear', 'a=2; Path=/', 'a=1'),
    overlay('is not replaced in clear for a longer path', 'a=2; Path=/cart', 'a=1'),
    overlay('is not hidden by one of the domain', 'a=2; Path=/; Domain=example.com', 'a=1'),
    {
      name: 'stands beside one in clear of another path',
      set: [
        [SAFE, 'a=1; Path=/cart; Secure'],
        [SHOP, 'a=2; Path=/'],
      ],
      to: SAFE,
      sent: 'a=1; a=2',
      jar: { sent: 'a=1', why: 'who reads by name alone could take the one that anybody on the way may have written' },
    },
  ],
  SameSite: [
    ...(['Strict', 'Lax', 'None; Secure', undefined] as const).flatMap((mode) => {
      const attribute = mode === undefined ? '' : `; SameSite=${mode}`;
      const set = `a=1; Path=/${attribute}`;
      const isNone = mode === 'None; Secure';
      const from = (by: 'link' | 'form' | 'image', sent: string | undefined, jar?: CookieCase['jar']): CookieCase => ({
        ...one(`${mode ?? 'no word'}: from another site by ${by}`, SAFE, set, SAFE, sent),
        by,
        ...(jar === undefined ? {} : { jar }),
      });
      return [
        one(`${mode ?? 'no word'}: from nowhere`, SAFE, set, SAFE, 'a=1'),
        from('link', mode === 'Strict' ? undefined : 'a=1'),
        from('image', undefined, isNone ? { sent: 'a=1', why: 'Chromium has no cookies of third parties' } : undefined),
        mode === undefined
          ? from('form', 'a=1', { sent: undefined, why: 'Chromium makes an exception for the first two minutes' })
          : from('form', isNone ? 'a=1' : undefined),
      ];
    }),
    one('None without Secure', SAFE, 'a=1; Path=/; SameSite=None', SAFE, undefined),
    one('something else is as none', SAFE, 'a=1; Path=/; SameSite=Other', SAFE, 'a=1'),
    one('in capitals', SAFE, 'a=1; Path=/; SAMESITE=NONE', SAFE, undefined),
    one('twice: the last counts', SAFE, 'a=1; Path=/; SameSite=None; SameSite=Lax', SAFE, 'a=1'),
  ],
  'Max-Age and Expires': [
    one('Max-Age of a minute', SHOP, 'a=1; Max-Age=60', SHOP, 'a=1'),
    one('Max-Age of 0', SHOP, 'a=1; Max-Age=0', SHOP, undefined),
    one('a negative Max-Age', SHOP, 'a=1; Max-Age=-1', SHOP, undefined),
    one('Max-Age that is no number', SHOP, 'a=1; Max-Age=1x', SHOP, 'a=1'),
    one('Max-Age that is empty', SHOP, 'a=1; Max-Age=', SHOP, 'a=1'),
    differing(
      'Max-Age with a plus',
      SHOP,
      'a=1; Max-Age=+0',
      SHOP,
      undefined,
      'a=1',
      'RFC 6265 section 5.2.2 knows no plus',
    ),
    one('Max-Age before Expires', SHOP, `a=1; Max-Age=60; Expires=${PAST}`, SHOP, 'a=1'),
    one('Max-Age of 0 before Expires', SHOP, 'a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Max-Age=0', SHOP, undefined),
    one('Expires in the past', SHOP, `a=1; Expires=${PAST}`, SHOP, undefined),
    one('Expires in the future', SHOP, 'a=1; Expires=Fri, 01 Jan 2100 00:00:00 GMT', SHOP, 'a=1'),
    one('Expires with dashes and two digits', SHOP, 'a=1; Expires=Thu, 01-Jan-70 00:00:00 GMT', SHOP, undefined),
    one('Expires as asctime', SHOP, 'a=1; Expires=Thu Jan  1 00:00:00 1970', SHOP, undefined),
    one('Expires that is no date', SHOP, 'a=1; Expires=soon', SHOP, 'a=1'),
    {
      name: 'the past takes away what is there',
      set: [
        [SHOP, 'a=1; Path=/'],
        [SHOP, `a=; Path=/; Expires=${PAST}`],
      ],
      to: SHOP,
      sent: undefined,
    },
    {
      name: 'the past takes away nothing of another path',
      set: [
        [SHOP, 'a=1; Path=/'],
        [SHOP, 'a=; Path=/cart; Max-Age=0'],
      ],
      to: SHOP,
      sent: 'a=1',
    },
  ],
  Prefixes: [
    one('__Secure- with Secure', SAFE, '__Secure-a=1; Secure; Domain=example.com', SAFE, '__Secure-a=1'),
    one('__Secure- without', SAFE, '__Secure-a=1', SAFE, undefined),
    one('__Secure- in clear', SHOP, '__Secure-a=1; Secure', SAFE, undefined),
    one('__Host- as it must be', SAFE, '__Host-a=1; Secure; Path=/', SAFE, '__Host-a=1'),
    one('__Host- without Secure', SAFE, '__Host-a=1; Path=/', SAFE, undefined),
    one('__Host- with a domain', SAFE, '__Host-a=1; Secure; Path=/; Domain=shop.example.com', SAFE, undefined),
    one('__Host- with an empty domain', SAFE, '__Host-a=1; Secure; Path=/; Domain=', SAFE, '__Host-a=1'),
    one('__Host- of another path', SAFE, '__Host-a=1; Secure; Path=/cart', SAFE, undefined),
    one('__Host- without a path', SAFE, '__Host-a=1; Secure', SAFE, undefined),
    one('__Host- without a path, at the root', 'https://shop.example.com/x', '__Host-a=1; Secure', SAFE, undefined),
    one('__secure- in small letters', SAFE, '__secure-a=1', SAFE, undefined),
    one('__HOST- in capitals', SAFE, '__HOST-a=1; Secure', SAFE, undefined),
    one('__Http- without HttpOnly', SAFE, '__Http-a=1; Secure', SAFE, undefined),
    one('__Http- as it must be', SAFE, '__Http-a=1; Secure; HttpOnly', SAFE, '__Http-a=1'),
    one('__Host-Http- without HttpOnly', SAFE, '__Host-Http-a=1; Secure; Path=/', SAFE, undefined),
    one('__Host-Http- as it must be', SAFE, '__Host-Http-a=1; Secure; Path=/; HttpOnly', SAFE, '__Host-Http-a=1'),
  ],
  'Names and values': [
    one('blanks around both', SHOP, '  a  =  1  ; Path=/', SHOP, 'a=1'),
    one('quotes stay', SHOP, 'a="1 2"', SHOP, 'a="1 2"'),
    one('a value with an equals sign', SHOP, 'a=b=c', SHOP, 'a=b=c'),
    one('an empty value', SHOP, 'a=', SHOP, 'a='),
    one('names know capitals', SHOP, 'A=1', SHOP, 'A=1'),
    one('a comma', SHOP, 'a=1,b=2', SHOP, 'a=1,b=2'),
    one('HttpOnly', SHOP, 'a=1; HttpOnly', SHOP, 'a=1'),
    one('attributes that nobody knows', SHOP, 'a=1; Priority=High; Foo; =x', SHOP, 'a=1'),
    one('4,096 bytes', SHOP, `a=${'x'.repeat(4_095)}`, SHOP, `a=${'x'.repeat(4_095)}`),
    one('4,097 bytes', SHOP, `a=${'x'.repeat(4_096)}`, SHOP, undefined),
    one('Partitioned without Secure', SAFE, 'a=1; Partitioned', SAFE, undefined),
    one('Partitioned with Secure', SAFE, 'a=1; Partitioned; Secure; SameSite=None', SAFE, 'a=1'),
    one('a tab', SHOP, 'a=1\t2', SHOP, undefined),
    one('nothing', SHOP, '', SHOP, undefined),
    differing('no name', SHOP, '=1', SHOP, '1', undefined, NAMELESS),
    differing('no equals sign', SHOP, 'one', SHOP, 'one', undefined, NAMELESS),
  ],
};

function one(name: string, from: string, setCookie: string, to: string, sent: string | undefined): CookieCase {
  return { name, set: [[from, setCookie]], to, sent };
}

/** A case in which the jar goes another way. */
function differing(
  name: string,
  from: string,
  setCookie: string,
  to: string,
  sent: string | undefined,
  byJar: string | undefined,
  why: string,
): CookieCase {
  return { ...one(name, from, setCookie, to, sent), jar: { sent: byJar, why } };
}

/** A Secure cookie, and one of its name that comes in clear afterwards. */
function overlay(name: string, inClear: string, sent: string): CookieCase {
  return {
    name,
    set: [
      [SAFE, 'a=1; Path=/; Secure'],
      [SHOP, inClear],
    ],
    to: SAFE,
    sent,
  };
}
