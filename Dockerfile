# One image for every process of Tender: the API (with its payment worker), the background process,
# the sandbox, and the jobs of a deployment. Which of them it is, the command says.
# The version is that of the package `node`, on which every npm script runs (package.json).

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /tender
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --include=optional

FROM packages AS bundle
COPY domain ./domain
COPY workers ./workers
COPY workflows ./workflows
COPY scripts ./scripts
RUN node scripts/bundle-workflows.ts /tender/workflows.bundle.js

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production \
    TENDER_WORKFLOW_BUNDLE=/tender/workflows.bundle.js
WORKDIR /tender
# Owned by root and not writable for the processes; only the sandbox's books are theirs.
RUN mkdir /data && chown node:node /data
COPY --from=packages /tender/package.json ./
COPY --from=packages /tender/node_modules ./node_modules
COPY --from=bundle /tender/workflows.bundle.js ./
COPY activities ./activities
COPY api ./api
COPY db ./db
COPY domain ./domain
COPY providers ./providers
COPY runtime ./runtime
COPY sandbox ./sandbox
COPY scripts ./scripts
COPY settlement ./settlement
COPY workers ./workers
COPY workflows ./workflows
COPY ops/healthcheck.mjs ./ops/

USER node
EXPOSE 8080
# Alive, not ready: an API without Temporal still accepts payments, and must not be replaced for it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "ops/healthcheck.mjs", "http://127.0.0.1:8080/livez"]
# Node itself is process 1: it handles SIGTERM (runtime/shutdown.ts) and starts no other processes,
# so there is nothing an init would have to pass on or collect. No shell and no npm in between.
CMD ["node", "api/server.ts"]
