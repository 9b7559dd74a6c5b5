# scrubjay and nothing else: no shell, no package. The context has a program for each platform, at linux/amd64/scrubjay and
# linux/arm64/scrubjay, and in root/ the certificates that registries are told by and a folder for temporary files;
# `.github/workflows/release.yml` makes it.
FROM scratch
ARG TARGETPLATFORM
COPY root/ /
COPY --chmod=755 ${TARGETPLATFORM}/scrubjay /scrubjay
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/scrubjay"]
