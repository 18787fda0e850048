package authority

import (
	"strings"
	"testing"

	"relance/domain/casefile"
)

// TestOfficersAreAClosedList: an identifier is compared letter by letter; one that only looks like a known one is named.
func TestOfficersAreAClosedList(t *testing.T) {
	a := Example()
	a.Officers = append(a.Officers, Officer{ID: "agent-03", Name: "Léa Roux", Capacity: "Gestionnaire", Email: "l@x.example", Until: "2021-03-31"})
	if err := a.Check(); err != nil {
		t.Fatal(err)
	}
	at := day("2021-04-01")
	for id, want := range map[string]string{
		"agent-01": "", "agent-02": "",
		"agent-01 ": "s'écrit exactement « agent-01 »", " agent-01": "s'écrit exactement", "Agent-01": "s'écrit exactement", "AGENT-01": "s'écrit exactement",
		"agent-01\u200b": `"agent-01\u200b" ; cet identifiant s'écrit exactement`, "agent\u2060-01": "s'écrit exactement", "agent-01\u202e": "s'écrit exactement",
		"agent-01\u00a0": "s'écrit exactement", "agent-0\u0301" + "1": "s'écrit exactement", "agent-01\n": "s'écrit exactement",
		"\u0430gent-01": `"\u0430gent-01" : il ne figure pas`, "": "il ne figure pas", "agent-1": "connus : agent-01, agent-02", "signataire-01": "il ne figure pas",
		"agent-03": "n'agit plus pour la collectivité depuis le 01/04/2021", strings.Repeat("x", 5000): "il ne figure pas",
	} {
		err := a.MayAct(casefile.RoleOfficer, id, at)
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", id, err, want)
		case err != nil && len(err.Error()) > 300:
			t.Errorf("%q is answered with %d bytes", id[:10], len(err.Error()))
		}
	}
	if err := a.MayAct(casefile.RoleOfficer, "agent-03", day("2021-03-31")); err != nil {
		t.Errorf("on the last day: %v", err)
	}
	if err := a.MayAct(casefile.RoleSignatory, "signataire-01", day("2020-07-05")); err == nil || !strings.Contains(err.Error(), "06/07/2020") {
		t.Errorf("before the delegation: %v", err)
	}
	for id, want := range map[string]string{"signataire-01": "", "signataire-02": "à signer par « signataire-01 »"} {
		if err := a.MaySign(id, casefile.GrantLetter, 100000, at); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s signs: %v, want %q", id, err, want)
		}
	}
}

// TestOnePersonHasOneIdentifier: a file in which one person could pass for two is refused.
func TestOnePersonHasOneIdentifier(t *testing.T) {
	text := string(example)
	for name, c := range map[string]struct{ old, new, want string }{
		"twice":          {"id: agent-02", "id: agent-01", "officers[1].id"},
		"looks the same": {"id: agent-02", "id: AGENT-01", "officers[1].id"},
		"a blank":        {"id: agent-02", `id: "agent-02 "`, "letters without accents"},
		"a hidden mark":  {"id: agent-02", `id: "agent\u200b-02"`, "letters without accents"},
		"two hats":       {"name: Hélène Vandamme", "name: Claire  delattre", "one person has one identifier"},
		"one for two":    {"id: signataire-01", "id: agent-01", "is that of officers[0] as well"},
		"separation":     {"officers:\n", "separation: perhaps\nofficers:\n", "strict or off"},
		"alone of two":   {"officers:\n", "separation: off\nofficers:\n", "this one has 2"},
		"no day":         {"email: claire.delattre@metropole-des-flandres.example}", "email: c@x.example, until: demain}", "officers[0].until"},
	} {
		if strings.Count(text, c.old) != 1 {
			t.Fatalf("%s: the example has %q %d times", name, c.old, strings.Count(text, c.old))
		}
		if _, err := Parse([]byte(strings.Replace(text, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if a := Example(); a.Separation != Strict || a.Alone(day("2021-01-01")) {
		t.Errorf("where nothing is said the separation is %q", a.Separation)
	}
	both := strings.Replace(strings.Replace(text, "name: Hélène Vandamme", "name: Claire Delattre", 1), "id: signataire-01", "id: agent-01", 1)
	if _, err := Parse([]byte(both)); err != nil {
		t.Errorf("an officer who signs too, under one identifier: %v", err)
	}
	one := strings.Replace(text, "officers:\n", "separation: off\nofficers:\n", 1)
	one = strings.Replace(one, "email: youssef.benali@metropole-des-flandres.example}", "email: y@x.example, until: 2021-03-31}", 1)
	a, err := Parse([]byte(one))
	if err != nil || a.Alone(day("2021-03-31")) || !a.Alone(day("2021-04-01")) {
		t.Errorf("alone once the other has left: %v", err)
	}
}
