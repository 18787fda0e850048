#!/bin/sh
# A mail server to try Relance with, on one machine: the authority's mailbox (aides@localhost) and an applicant's
# (entreprise@localhost), both with the password TRY_MAIL_PASSWORD. It sends nothing to the outside, but wants a DNS resolver:
# without one it takes a mail and does not deliver it.
set -eu

if [ -z "${TRY_MAIL_PASSWORD:-}" ]; then
    echo "set TRY_MAIL_PASSWORD in .env: the mailboxes have no default password" >&2
    exit 1
fi
dir=${MAIL_DIR:-/data/mox}
certificate=${MAIL_CERTIFICATE:-/etc/relance/mail}
if [ ! -r "$certificate.crt" ] || [ ! -r "$certificate.key" ]; then
    echo "make mail.crt and mail.key in RELANCE_CONFIG_DIR, readable: the end of .env.example says how" >&2
    exit 1
fi
address=${MAIL_BIND:-0.0.0.0}

mox_here() { mox -config "$dir/mox.conf" "$@"; }

account() { # name
    printf '\t%s:\n\t\tDomain: localhost\n\t\tDestinations:\n\t\t\t%s@localhost: nil\n' "$1" "$1"
    printf '\t\tNoFirstTimeSenderDelay: true\n\t\tMaxOutgoingMessagesPerDay: 100000\n\t\tMaxFirstTimeRecipientsPerDay: 100000\n'
}

if [ ! -e "$dir/made-for-relance" ]; then
    rm -rf "$dir"
    mox localserve -dir "$dir" -ip "$address" -initonly >/dev/null
    sed -i 's/^LogLevel: .*/LogLevel: error/' "$dir/mox.conf" # as delivered, it logs mails and passwords
    # The account mox takes what is for nobody.
    {
        printf 'Domains:\n\tlocalhost:\n\t\tLocalpartCatchallSeparator: +\n\t\tDKIM:\n\t\t\tSelectors:\n\t\t\t\tlocalserve:\n'
        printf '\t\t\t\t\tPrivateKeyFile: dkim.localserve.privatekey.pkcs8.pem\n\t\t\tSign:\n\t\t\t\t- localserve\nAccounts:\n'
        account mox
        account aides
        account entreprise
    } >"$dir/domains.conf"
    touch "$dir/made-for-relance"
fi
cp "$certificate.crt" "$dir/localhost.crt"
cp "$certificate.key" "$dir/localhost.key"
printf '%s\n' "$TRY_MAIL_PASSWORD" | mox_here setadminpassword >/dev/null

# It greets with passwords that do not hold: those lines are left out of the log.
rm -f "$dir/log"
mkfifo "$dir/log"
while IFS= read -r line; do
    case $line in *moxmoxmox* | *moxadmin*) ;; *) printf '%s\n' "$line" >&2 ;; esac
done <"$dir/log" &
mox localserve -dir "$dir" >"$dir/log" 2>&1 &
server=$!
trap 'kill -TERM "$server"' TERM INT

for name in mox aides entreprise; do
    attempt=0
    until printf '%s\n' "$TRY_MAIL_PASSWORD" | mox_here setaccountpassword "$name" >/dev/null 2>&1; do
        attempt=$((attempt + 1))
        if [ "$attempt" -ge 30 ] || ! kill -0 "$server" 2>/dev/null; then
            echo "mox does not start, or refuses the password (8 characters at least)" >&2
            kill -TERM "$server" 2>/dev/null || true
            exit 1
        fi
        sleep 1
    done
done
echo "ready: webmail at port 1080, IMAP 1993, submission 1465, as aides@localhost or entreprise@localhost"

while kill -0 "$server" 2>/dev/null; do # a signal ends a wait, not the server
    wait "$server" || true
done
