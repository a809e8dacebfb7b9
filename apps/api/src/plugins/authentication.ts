import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { ProblemError } from '@trellis/core/errors';
import { holdsPermission } from '@trellis/core/permissions';
import { createKeyAuthenticator, type KeyGrant } from '@trellis/domains/api-keys/authenticate-key';
import type { AccessTokenClaims } from '@trellis/domains/auth/access-token';
import { createAuthenticator } from '@trellis/domains/auth/authenticate';
import { authErrors } from '@trellis/domains/auth/errors';
import { suspendedCallerOf } from '@trellis/domains/auth/suspended-caller';
import type { Access } from '@trellis/http/access';
import type { App } from '@trellis/http/types';
import type { FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { type Credential, credentialAdvice, credentialOf } from '../credential.ts';

type Caller = Pick<CallContext, 'tenantId' | 'actor' | 'sessionId' | 'permissions'>;

/**
 * Turns the credential of a request into who calls, and holds it against what the route asks for.
 * Whether a session or a key still stands is asked on each request, of what the process knows.
 */
async function authenticationPlugin(app: App): Promise<void> {
  const { platform } = app;
  const sessions = createAuthenticator(platform.db, platform.changes);
  const keys = createKeyAuthenticator(platform);
  app.addHook('onClose', () => keys.close());
  app.decorateRequest('call', null);
  app.decorateRequest('keyRateLimit', null);

  const callerOfKey = (request: FastifyRequest, grant: KeyGrant): Caller => {
    const { id, tenantId, permissions, rateLimit } = grant;
    request.keyRateLimit = rateLimit;
    return { tenantId, actor: { type: 'api_key', id }, sessionId: null, permissions };
  };
  /** From memory, as on all but the first requests of a caller; undefined when it has to be read. */
  const recognize = (request: FastifyRequest, { kind, text }: Credential): Caller | undefined => {
    if (kind === 'api_key') {
      const grant = keys.peek(text);
      return grant && callerOfKey(request, grant);
    }
    const claims = app.peekAccessToken(text);
    const permissions = claims && sessions.peek(claims);
    return permissions && callerOfToken(claims, permissions);
  };
  const identify = async (request: FastifyRequest, credential: Credential): Promise<Caller> => {
    const { kind, text } = credential;
    if (kind === 'api_key') return callerOfKey(request, await keys.authorize(text));
    const claims = await app.verifyAccessToken(text);
    return callerOfToken(claims, await sessions.authorize(claims));
  };
  const admit = async (
    request: FastifyRequest,
    needed: Access,
    credential: Credential,
  ): Promise<void> => {
    try {
      request.call = callFrom(request, await identify(request, credential));
    } catch (error) {
      const suspended = suspendedCallerOf(error);
      // For the trail, which tells of this refusal too.
      if (suspended) request.call = callFrom(request, { ...suspended, permissions: new Set() });
      throw error;
    }
    assertAccess(needed, request.call);
  };
  /** Answers true when all is said without a promise, which each request would pay for. */
  const admitNow = (request: FastifyRequest, needed: Access): true | Promise<void> => {
    const credential = credentialOf(request.headers);
    if (!credential) {
      if (needed.kind === 'optional') return true;
      throw commonErrors.unauthenticated(credentialAdvice);
    }
    const caller = recognize(request, credential);
    if (!caller) return admit(request, needed, credential);
    request.call = callFrom(request, caller);
    assertAccess(needed, caller);
    return true;
  };

  app.addHook('onRequest', (request, reply, done) => {
    const needed = request.routeOptions.config.access;
    if (!needed || needed.kind === 'public') {
      done();
      return;
    }
    const refuse = (error: Error): void => {
      // Who is not known counts by the address: whoever guesses credentials runs out of tries.
      if (isRefusal(error)) app.limitRefused(request, reply).then(() => done(error), done);
      else done(error);
    };
    let admitted: true | Promise<void>;
    try {
      admitted = admitNow(request, needed);
    } catch (error) {
      refuse(error as Error);
      return;
    }
    if (admitted === true) done();
    else Promise.resolve(admitted).then(() => done(), refuse);
  });
}

function callerOfToken(
  { tid: tenantId, sub: id, sid: sessionId }: AccessTokenClaims,
  permissions: ReadonlySet<string>,
): Caller {
  return { tenantId, actor: { type: 'user', id }, sessionId, permissions };
}

function callFrom(request: FastifyRequest, caller: Caller): CallContext {
  return {
    ...caller,
    requestId: request.id,
    ip: request.ip,
    userAgent: request.headers['user-agent'] ?? null,
  };
}

/** Rather than a part that is away. */
function isRefusal(error: unknown): boolean {
  return error instanceof ProblemError && error.status < 500;
}

/** Throws `session_required` or `forbidden`, both 403. */
function assertAccess(needed: Access, { sessionId, permissions }: Caller): void {
  if (needed.kind === 'session' && sessionId === null) throw authErrors.session_required();
  if (needed.kind === 'permission' && !holdsPermission(permissions, needed.permission)) {
    throw commonErrors.forbidden(`The permission "${needed.permission}" is needed.`);
  }
}

export default plugin(authenticationPlugin, {
  name: 'authentication',
  // What it refuses must leave with the headers of the last three as well.
  dependencies: ['platform', 'access-tokens', 'security-headers', 'cors', 'rate-limit'],
});
