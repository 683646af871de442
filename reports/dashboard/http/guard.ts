// Who may ask, and what a browser may do with the answers.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Without a name of this machine in it, a request comes from a page that pretends to be this one (DNS rebinding). */
const ownNames = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** Addresses that only this machine reaches. */
export const isLoopback = (host: string): boolean => ['localhost', '127.0.0.1', '::1'].includes(host);

/** Refuses whoever does not call this machine by its own name. */
export const onlyThisMachine: RequestHandler = (request, response, next) => {
  if (ownNames.test(request.headers.host ?? '')) next();
  else response.status(403).type('text').send('The dashboard answers only to the name of its own machine.\n');
};

const cookieName = 'netsplit';
const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Refuses whoever does not know the token. A browser brings it once in the address (`?token=`), then as a cookie that
 * no script can read and no other site can send; programs bring it as `Authorization: Bearer`.
 */
export function onlyWithToken(token: string): RequestHandler {
  const expected = digestOf(token);
  const isRight = (text: string | undefined): boolean =>
    text !== undefined && timingSafeEqual(digestOf(text), expected);
  return (request, response, next) => {
    const { token: given } = request.query;
    if (request.method === 'GET' && typeof given === 'string' && isRight(given)) {
      response.cookie(cookieName, given, { httpOnly: true, sameSite: 'strict', path: '/' });
      response.redirect(303, '/');
      return;
    }
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (isRight(bearer) || isRight(cookieOf(request.headers.cookie))) {
      next();
      return;
    }
    response
      .status(401)
      .type('text')
      .send('This dashboard needs the address with its token, as it was printed when it was started.\n');
  };
}

function cookieOf(header: string | undefined): string | undefined {
  const found = header
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${cookieName}=`));
  if (found === undefined) return undefined;
  try {
    return decodeURIComponent(found.slice(cookieName.length + 1));
  } catch {
    return undefined;
  }
}

/** The header that only a page of this server, or a program, can send: other sites would have to ask first. */
export const pageHeader = 'x-netsplit-page';

/** Lets nothing change anything unless a page of this very server, or a program, asks for it. */
export const sameOriginChanges: RequestHandler = (request, response, next) => {
  if (request.method === 'GET' || request.method === 'HEAD') {
    next();
    return;
  }
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const fromElsewhere =
    (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) ||
    (site !== undefined && site !== 'same-origin');
  if (!fromElsewhere && request.headers[pageHeader] !== undefined) {
    next();
    return;
  }
  response.status(403).json({ problem: 'only a page of this dashboard may ask for changes' });
};

/** Nothing inline, nothing from elsewhere, no frames, no forms that leave. */
export const security = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
    },
  },
  // The page comes over plain HTTP.
  strictTransportSecurity: false,
  referrerPolicy: { policy: 'no-referrer' },
});
