# docker build -t netwright .
# Any Debian-based image with node (20.19 or newer) and npm will do as the base; behind a proxy with certificates of its own, one
# that sets NODE_EXTRA_CA_CERTS.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json rolldown.config.mjs ./
COPY schemas schemas
COPY src src
RUN npm run build
RUN mkdir -p /opt/netwright \
 && mv dist schemas package.json /opt/netwright \
 && chmod -R a=rX /opt/netwright \
 && chmod a+x /opt/netwright/dist/main.js

FROM ${NODE_IMAGE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends conntrack iproute2 ipset iptables nftables util-linux \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log \
 && ln -s /opt/netwright/dist/main.js /usr/local/bin/netwright
COPY --from=build /opt /opt
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s CMD ["node", "/opt/netwright/dist/main.js", "status"]
ENTRYPOINT ["node", "/opt/netwright/dist/main.js"]
CMD ["watch"]
