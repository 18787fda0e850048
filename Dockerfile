# The one image of Relance: a static program, the certificates of the public authorities, and nothing else.
# docker build -t relance:1.0 .
FROM golang:1.26.8-bookworm AS build
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
COPY deploy/certificates/ /usr/local/share/ca-certificates/
RUN update-ca-certificates
WORKDIR /src
COPY . .
# The time zones go into the program (timetzdata): legal periods run in Europe/Paris and the image has no tzdata.
# Modules and compiled packages are kept between two builds.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -trimpath -buildvcs=false -tags timetzdata -ldflags="-s -w" -o /out/relance .

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/relance /relance
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/relance"]
