# syntax=docker/dockerfile:1

# Two images: `docker build --target api .` and `docker build --target worker .`
# The setup step is the image of the API with another command; see compose.yaml.

FROM node:24-bookworm-slim AS base
RUN npm install --global pnpm@12
WORKDIR /app

FROM base AS build
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
COPY patches patches
RUN pnpm fetch --ignore-scripts
COPY . .
RUN pnpm install --frozen-lockfile --offline --ignore-scripts \
 && node node_modules/typescript/bin/tsc -b tsconfig.build.json
# What an image takes: manifests, compiled code and migrations, in the places where the code
# looks for them. Declarations are for compilers only.
RUN mkdir /manifests /compiled \
 && cp --parents pnpm-lock.yaml pnpm-workspace.yaml package.json */*/package.json patches/* /manifests \
 && cp --parents --recursive drizzle apps/*/dist packages/*/dist /compiled \
 && find /compiled -name '*.d.ts' -delete

FROM base AS tree
ENV NODE_ENV=production
COPY --from=build /manifests ./

FROM tree AS api-tree
RUN pnpm install --frozen-lockfile --ignore-scripts --prod --filter '@trellis/api...'
COPY --from=build /compiled/drizzle drizzle
COPY --from=build /compiled/packages packages
COPY --from=build /compiled/apps/api apps/api

FROM tree AS worker-tree
RUN pnpm install --frozen-lockfile --ignore-scripts --prod --filter '@trellis/worker...'
COPY --from=build /compiled/packages packages
COPY --from=build /compiled/apps/worker apps/worker

FROM node:24-bookworm-slim AS runtime
ENV NODE_ENV=production HOST=0.0.0.0 WORKER_HOST=0.0.0.0
# A volume that is new takes its owner from here, so that both images can write to it.
RUN mkdir -p /var/lib/trellis/files && chown -R node:node /var/lib/trellis
ENV STORAGE_URL=file:/var/lib/trellis/files
STOPSIGNAL SIGTERM
USER node

FROM runtime AS worker
COPY --from=worker-tree /app /app
WORKDIR /app/apps/worker
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKER_PORT || 3001}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--conditions=compiled", "dist/worker.js"]

FROM runtime AS api
COPY --from=api-tree /app /app
WORKDIR /app/apps/api
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--conditions=compiled", "dist/server.js"]
