# The image of the web page: scripts/images makes dist/web with all that it needs, and builds this in that folder.
ARG BASE=node:24-bookworm-slim
FROM ${BASE}
LABEL org.opencontainers.image.title="idempo web" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 NODE_OPTIONS=--max-semi-space-size=4
WORKDIR /app
COPY . .
USER 1000:1000
CMD ["node", "server.js"]
