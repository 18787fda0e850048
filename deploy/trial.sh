#!/bin/sh
# Prepares a trial of Relance on this machine: .env with made-up secrets, and relance.d with an authority, the schemes and a certificate for
# the mail server that comes along. What is there stays.
set -eu
cd "$(dirname "$0")/.."

if [ -e .env ]; then
    echo ".env is there already: nothing was changed" >&2
    exit 1
fi
command -v openssl >/dev/null || { echo "install openssl, which makes the secrets and a certificate" >&2; exit 1; }
umask 077

secret() { openssl rand -hex 24; }

# fill gives a variable of .env its value.
fill() {
    sed "s|^$1=.*|$1=$2|" .env.new >.env.next
    mv .env.next .env.new
}

cp .env.example .env.new
password=$(secret)
fill RELANCE_MAIL_ADDRESS aides@localhost
fill RELANCE_IMAP_ADDRESS mail:1993
fill RELANCE_SMTP_ADDRESS mail:1465
for server in IMAP SMTP; do
    fill "RELANCE_${server}_USERNAME" aides@localhost
    fill "RELANCE_${server}_PASSWORD" "$password"
done
fill TRY_MAIL_PASSWORD "$password"
fill RELANCE_S3_ACCESS_KEY relance-engine
fill RELANCE_S3_SECRET_KEY "$(secret)"
fill MINIO_ROOT_USER administrator
fill MINIO_ROOT_PASSWORD "$(secret)"
fill RELANCE_KEYS "$(openssl rand -base64 32)"
fill RELANCE_CODEC_TOKEN "$(secret)"
fill POSTGRES_PASSWORD "$(secret)"
cat >>.env.new <<'TRIAL'

# For the trial: what its mail server says of a sender is believed, and nobody is asked for DKIM keys.
RELANCE_MAIL_AUTHSERV=localhost
RELANCE_MAIL_DKIM=off
RELANCE_IMAP_CA=/etc/relance/mail.crt
RELANCE_SMTP_CA=/etc/relance/mail.crt
TRIAL

umask 022 # the users of the containers read these
mkdir -p relance.d
[ -e relance.d/authority.yaml ] || cp domain/authority/example.yaml relance.d/authority.yaml
[ -e relance.d/schemes ] || { cp -r schemes relance.d/ && rm -f relance.d/schemes/*.go; }
if [ ! -e relance.d/mail.crt ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj /CN=mail \
        -addext subjectAltName=DNS:mail,DNS:localhost -keyout relance.d/mail.key -out relance.d/mail.crt 2>/dev/null
    chmod 644 relance.d/mail.key
fi
mv .env.new .env
echo "prepared: docker compose --profile mail up -d --wait"
