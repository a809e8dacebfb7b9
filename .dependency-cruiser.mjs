/**
 * The import rules of the repository; `pnpm check` holds them. Imports of types count as well.
 *
 * core ← config, db, queue, http, storage; redis ← queue, limits; flags; all of them ← domains ← apps
 */

/** What other domains and the apps may import of a domain, beside its `jobs.ts` and `events.ts`. */
const publicFaces = {
  'api-keys': ['api-key', 'authenticate-key', 'key-permissions'],
  audit: ['verify-trails', 'write-audit'],
  auth: [
    'access-token',
    'authenticate',
    'errors',
    'throttle/login-throttle',
    'throttle/throttle-keys',
    'throttle/mail-allowance',
    'throttle/mail-turn',
    'origin',
    'origin-of',
    'passwords/hash-password',
    'schemas',
    'session-grant',
    'suspended-caller',
    'passwords/set-password',
  ],
  email: ['mail-links', 'send-mail'],
  events: ['define-event', 'event-type', 'publish-event', 'schema-pieces', 'trigger-webhooks'],
  health: ['checks'],
  invitations: ['pending'],
  metrics: ['admit-reader'],
  plans: [
    'define-quota',
    'emit-plan-changed',
    'follow-change',
    'kept-limits',
    'load-quotas',
    'quota-state',
    'repository',
    'reserve-quota',
    'schemas',
    'seed-plans',
    'told-limits',
  ],
  roles: ['access-change', 'assignable-roles', 'current-call', 'errors', 'grants', 'system-roles'],
  'signing-keys': ['create-token-keys', 'token-keys'],
  tenants: ['create-tenant', 'present-tenant', 'repository', 'schemas'],
  users: ['create-person', 'emit-joined', 'lock-person', 'membership', 'schemas', 'seats'],
};

/** Which packages of ours a package may import. */
const layers = {
  core: [],
  client: [],
  config: ['core'],
  db: ['core'],
  flags: [],
  http: ['core'],
  limits: ['redis'],
  queue: ['core', 'db', 'redis'],
  redis: [],
  local: ['core'],
  storage: ['core'],
  domains: ['core', 'config', 'db', 'http', 'queue', 'storage'],
};

const tests = '(^test/|/test/)';
const fastify = '(^|/)node_modules/(fastify|fastify-plugin|@fastify/[^/]+)/';
const domains = '^packages/domains/src/';
/** What of a domain knows nothing of HTTP, so that the worker can run it, where fastify is absent. */
const sharedFiles = '(service|repository|jobs|events|errors|quota|worker)\\.ts$';
const sharedFolders =
  '(catalogue|data-schema|deliveries|delivery|log-in|passwords|person|plans|pump|recovery|second-factor|sessions|tenants|throttle|verification)/';
const shared = `${domains}[^/]+/(${sharedFiles}|${sharedFolders})`;

const faces = Object.entries(publicFaces).map(([name, files]) => `${name}/(${files.join('|')})`);
const face = `${domains}([^/]+/(jobs|events)|${faces.join('|')})\\.ts$`;

const layerRules = Object.entries(layers).map(([name, allowed]) => ({
  name: `layer-${name}`,
  comment: `packages/${name} may import of ours: ${allowed.join(', ') || 'nothing'}.`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: tests },
  to: {
    path: '^(packages|apps|test|scripts|bench)/',
    pathNot: `^packages/(${[name, ...allowed].join('|')})/`,
  },
}));

const appRules = [
  {
    name: 'nothing-imports-apps',
    comment: 'What two apps need lives in a package.',
    severity: 'error',
    from: { path: '^(packages|drizzle)', pathNot: tests },
    to: { path: '^apps/' },
  },
  {
    name: 'app-to-app',
    comment: 'The apps are deployed apart.',
    severity: 'error',
    from: { path: '^apps/([^/]+)/', pathNot: tests },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: 'app-to-development',
    comment: 'Tests, scripts, benchmarks and the embedded servers are not in the images.',
    severity: 'error',
    from: { path: '^apps/', pathNot: tests },
    to: { path: '^(test|scripts|bench|packages/local)/' },
  },
  {
    name: 'worker-without-fastify',
    comment: 'The worker runs with fastify absent.',
    severity: 'error',
    from: { path: '^apps/worker/src/', pathNot: tests },
    to: { path: `${fastify}|^packages/http/`, reachable: true },
  },
];

const domainRules = [
  {
    name: 'domain-to-domain',
    comment: 'Through jobs.ts, events.ts or a public face; the faces are listed in this file.',
    severity: 'error',
    from: { path: `${domains}([^/]+)/`, pathNot: tests },
    to: { path: `${domains}[^/]+/`, pathNot: [`${domains}$1/`, face] },
  },
  {
    name: 'outside-to-domain',
    comment: 'As between domains: what is not a public face belongs to its domain alone.',
    severity: 'error',
    from: { path: `^apps/|${domains}[^/]+\\.ts$`, pathNot: tests },
    to: { path: `${domains}[^/]+/`, pathNot: face },
  },
  {
    name: 'shared-without-http',
    comment: 'Services, repositories, contracts and workers know nothing of HTTP.',
    severity: 'error',
    from: { path: shared },
    to: { path: `${fastify}|^packages/http/|/routes/|/plugin\\.ts$` },
  },
  {
    name: 'shared-without-fastify',
    comment: 'Not by way of another file either.',
    severity: 'error',
    from: { path: shared },
    to: { path: fastify, reachable: true },
  },
];

const soundness = [
  {
    name: 'no-circular',
    comment: 'A cycle makes the order of loading matter. Move what both need to a third file.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'resolvable',
    comment: 'The file or the package does not exist, or is in no package.json.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

export default {
  forbidden: [...soundness, ...layerRules, ...appRules, ...domainRules],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.local|\\.tap)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
