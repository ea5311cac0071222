# The image of any service: scripts/images makes dist/<service> with all that it needs, and builds this in that folder.
ARG BASE=node:24-bookworm-slim
FROM ${BASE}
ARG SERVICE
LABEL org.opencontainers.image.title="idempo ${SERVICE}" \
      org.opencontainers.image.licenses="Apache-2.0"
# A small young generation keeps a service small.
ENV NODE_ENV=production NODE_OPTIONS=--max-semi-space-size=4
WORKDIR /app
COPY . .
USER 1000:1000
# Also: node main.cjs migrate, node main.cjs await-migrations
CMD ["node", "main.cjs"]
