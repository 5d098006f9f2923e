import type { HttpRequest as Request } from '@lamella/http';
import { followRedirectLayer, HttpRequest, HttpResponse } from '@lamella/http';
import { cookieJarLayer, createCookieJar, parseCookies, setCookie } from '@lamella/http-cookies';
import { serviceFn, stack } from '@lamella/service-core';

// A shop that knows its customers by a cookie. In a program: createHttpClient({ connector: tcpConnector() }).
const shop = serviceFn(({ path, headers }: Request) => {
  if (path !== '/login')
    return HttpResponse.text(`hello ${parseCookies(headers.get('cookie')).get('user') ?? 'stranger'}`);
  const response = HttpResponse.from({ status: 303, headers: { Location: '/' } });
  setCookie(response.headers, 'user', 'ann', { maxAgeSeconds: 3_600, secure: false });
  return response;
});

const jar = createCookieJar();
const client = stack(
  followRedirectLayer(),
  cookieJarLayer({ jar }), // inside: every hop has its own cookies
  shop,
);
const get = async (target: string) => (await client.serve(HttpRequest.from({ target }))).body.text();

console.log(await get('http://shop.example/'));
console.log(await get('http://shop.example/login'));
console.log(await get('http://other.example/'));

// Written down, and read again.
const copy = createCookieJar({ from: JSON.stringify(jar) });
console.log(copy.size, copy.cookiesFor('http://shop.example/cart'));
