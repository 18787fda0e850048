package auth_test

import (
	"testing"
	"time"

	"relance/mail/auth"
	"relance/mail/message"
)

// TestWhenOurServerHadAMail: the instant that decides whether an application was in time is our own server's word alone.
func TestWhenOurServerHadAMail(t *testing.T) {
	internal := time.Date(2020, 9, 30, 12, 5, 0, 0, time.FixedZone("", 7200))
	by := func(host, date string) message.Trace {
		return message.Trace{Name: "Received", Value: "from mail.example.org (mail.example.org [192.0.2.7])\r\n by " + host + " with ESMTPS id 1; " + date}
	}
	const early, other = "Wed, 30 Sep 2020 11:58:00 +0200", "Wed, 30 Sep 2020 09:00:00 +0200 (CEST)"
	stamp := time.Date(2020, 9, 30, 11, 58, 0, 0, time.FixedZone("", 7200))
	for _, c := range []struct {
		name   string
		server string
		traces []message.Trace
		want   time.Time
	}{
		{"it waited between our server and the mailbox", "mx.metropole.fr", []message.Trace{by("mx.metropole.fr", early)}, stamp},
		{"the server's name in other letters", "MX.metropole.fr", []message.Trace{by("mx.Metropole.fr", early)}, stamp},
		{"only the field on top counts: a sender can write any below", "mx.metropole.fr", []message.Trace{by("mx.metropole.fr", early), by("mx.metropole.fr", other)}, stamp},
		{"another server's word", "mx.metropole.fr", []message.Trace{by("mail.example.org", early)}, internal},
		{"another server on top of ours", "mx.metropole.fr", []message.Trace{by("relay.example.org", early), by("mx.metropole.fr", other)}, internal},
		{"no server is trusted", "", []message.Trace{by("mx.metropole.fr", early)}, internal},
		{"the server writes without a name", auth.Unnamed, []message.Trace{by("mx.metropole.fr", early)}, internal},
		{"later than the mailbox", "mx.metropole.fr", []message.Trace{by("mx.metropole.fr", "Wed, 30 Sep 2020 12:06:00 +0200")}, internal},
		{"longer ago than any server keeps a mail", "mx.metropole.fr", []message.Trace{by("mx.metropole.fr", "Wed, 23 Sep 2020 11:58:00 +0200")}, internal},
		{"no date", "mx.metropole.fr", []message.Trace{by("mx.metropole.fr", "yesterday")}, internal},
		{"results of our server before the field", "mx.metropole.fr", []message.Trace{{Name: "Authentication-Results", Value: "mx.metropole.fr; spf=pass"}, by("mx.metropole.fr", early)}, stamp},
		{"no trace at all", "mx.metropole.fr", nil, internal},
	} {
		if got := auth.Received(c.traces, c.server, internal); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
