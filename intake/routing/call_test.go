package routing_test

import (
	"strings"
	"testing"

	"relance/intake/routing"
	"relance/mail/auth"
	"relance/mail/message"
)

// TestMailsOfAPanelGoToTheirSession: by the signed address, by the mail they answer, by the subject; never by what nobody of ours has made.
func TestMailsOfAPanelGoToTheirSession(t *testing.T) {
	const session = "call-entreprendre-autrement-3"
	r := router(t)
	r.Addresses.Sign = func(text string) string {
		return "sig0" + strings.ReplaceAll(strings.ToLower(text[len(text)-6:]), "-", "")
	}
	answered := "call-entreprendre-autrement-3.4.dossier@metropole.example"
	sent := known
	sent.sent = append(sent.sent, answered)
	from := message.Address{Address: "anne@jury.example"}
	to := func(address string) []message.Address { return []message.Address{{Address: address}} }
	for _, c := range []struct {
		name string
		m    message.Message
		want string
	}{
		{"the signed address", message.Message{To: to(r.Addresses.Call(session))}, session},
		{"another signature", message.Message{To: to("aides+" + session + "-sig0xxxx@metropole.example")}, ""},
		{"no signature", message.Message{To: to("aides+" + session + "@metropole.example")}, ""},
		{"the mail it answers", message.Message{To: to("aides@metropole.example"), InReplyTo: answered}, session},
		{"a mail that the session never sent", message.Message{To: to("aides@metropole.example"), InReplyTo: "call-entreprendre-autrement-3.9.dossier@metropole.example"}, ""},
		{"somebody else's Message-ID", message.Message{To: to("aides@metropole.example"), InReplyTo: "call-entreprendre-autrement-3.4.dossier@x.example"}, ""},
		{"its identifier in the subject", message.Message{To: to("aides@metropole.example"), Subject: "TR: [call-entreprendre-autrement-3] 25 candidatures"}, session},
		{"a session that there is not", message.Message{To: to("aides@metropole.example"), Subject: "[call-entreprendre-autrement-99]"}, ""},
		{"a delivery report on its mail", message.Message{To: to("aides@metropole.example"), Kind: message.KindBounce, Bounce: &message.Bounce{OriginalMessageID: answered}}, session},
	} {
		m := c.m
		m.From = from
		if m.Kind == "" {
			m.Kind = message.KindPerson
		}
		p, err := r.Route(routing.Letter{Message: &m, Verdict: auth.Proven, SIRETs: func() ([]string, error) { return nil, nil }}, sent)
		if err != nil || p.Call != c.want {
			t.Errorf("%s: %+v, %v; want %q", c.name, p, err, c.want)
		}
	}
}
