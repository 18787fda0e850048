package reading_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"relance/domain/competition"
	"relance/domain/scheme"
	"relance/intake/reading"
	"relance/local/chance"
	"relance/mail/message"
	"relance/schemes"
)

const (
	first  = "ENT-7K3M9-QXD3A"
	second = "ENT-2BCDE-FGHJK"
)

func panel(t testing.TB) *scheme.Call {
	t.Helper()
	c, err := scheme.Load(schemes.Files)
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Find("entreprendre-autrement")
	if err != nil {
		t.Fatal(err)
	}
	return s.Call
}

// told is what was read, in one line.
func told(s reading.Scored) string {
	var words []string
	for _, g := range s.Scores {
		word := g.Candidate[4:5] + "." + g.Criterion + "=" + competition.Points(g.Score)
		if g.Old {
			word = "old " + word
		}
		words = append(words, word)
	}
	for _, c := range s.Conflicts {
		words = append(words, "conflict "+c[4:5])
	}
	for _, p := range s.Problems {
		words = append(words, p.Code)
	}
	return strings.Join(words, "; ")
}

func TestScoresAreReadAsMembersWriteThem(t *testing.T) {
	call := panel(t)
	for _, c := range []struct{ name, text, want string }{
		{"as the form has it", first + " – Le projet\nUtilité sociale : 14\nModèle économique : 12,5\nAncrage territorial : 16\nTransition écologique : 8", "7.utilite=14; 7.modele=12,5; 7.territoire=16; 7.transition=8"},
		{"small letters, no accents, an equals sign, a point", strings.ToLower(first) + "\nutilite = 14.5", "7.utilite=14,5"},
		{"out of twenty", first + "\nUtilité : 14/20\nModèle : 9 sur 20\nAncrage : 12 points", "7.utilite=14; 7.modele=9; 7.territoire=12"},
		{"without a separator", first + "\nUtilité sociale 14\nModèle économique 9,5/20", "7.utilite=14; 7.modele=9,5"},
		{"with the scale in the label", first + "\n- Utilité sociale (0 à 20, coefficient 4) : 14", "7.utilite=14"},
		{"on the line of the reference", first + " Utilité sociale : 11", "7.utilite=11"},
		{"two candidates", first + "\nUtilité : 14\n" + second + "\nUtilité : 6", "7.utilite=14; 2.utilite=6"},
		{"corrected below", first + "\nUtilité : 14\nPardon :\nUtilité : 15", "7.utilite=15"},
		{"a table", first + "\n| Utilité sociale | 13 |", "7.utilite=13"},
		{"left empty", first + "\nUtilité sociale : \nModèle économique : …\nAncrage territorial : ____", ""},
		{"off the scale", first + "\nUtilité : 21", reading.ScoreOffScale},
		{"between two steps", first + "\nUtilité : 14,3", reading.ScoreOffScale},
		{"below zero", first + "\nUtilité : -1", reading.ScoreOffScale},
		{"out of ten", first + "\nUtilité : 7/10", reading.ScoreOffScale},
		{"no number", first + "\nUtilité : très bien", reading.ScoreNoNumber},
		{"two numbers", first + "\nUtilité : 12 ou 13", reading.ScoreNoNumber},
		{"no candidate", "Utilité : 12", reading.ScoreNoCandidate},
		{"somebody else's", "ENT-00000-00000\nUtilité : 12\n" + first + "\nUtilité : 9", "7.utilite=9; " + reading.ScoreNotYours},
		{"an unknown criterion", first + "\nBeauté : 12", reading.ScoreNoCriterion},
		{"a telephone is no criterion", first + "\nUtilité : 12\nTél : 03 20 11 22 33", "7.utilite=12"},
		{"a conflict", "Bonjour,\nconflit " + first, "conflict 7"},
		{"a conflict in a sentence", "Je déclare un conflit d'intérêts pour le dossier " + first + ".", "conflict 7"},
		{"two conflicts", "Conflits : " + first + " et " + second, "conflict 7; conflict 2"},
		{"no conflict", "Je n'ai aucun conflit d'intérêts, ni pour " + first + " ni pour " + second, ""},
		{"a conflict with whom", "J'ai un conflit d'intérêts", reading.ScoreNoCandidate},
		{"written into the quoted form", "Voici mes notes.\n\nLe lun. 14 sept. 2020 à 10:12, Aides <aides@x.fr> a écrit :\n> conflit " + second + "\n> " + first + "\n> Utilité sociale (0 à 20) : 14\n> Modèle économique (0 à 20) :", "old 7.utilite=14"},
		{"above and inside the quoted form", first + "\nUtilité : 15\n\nLe lun. 14 sept. 2020 à 10:12, Aides <aides@x.fr> a écrit :\n> " + first + "\n> Utilité sociale : 14\n> Modèle économique : 9", "7.utilite=15; old 7.modele=9"},
	} {
		m := &message.Message{Text: c.text, Reply: message.NewText(c.text)}
		if got := told(reading.Scores(m, reading.Sheet{Call: call, Candidates: []string{first, second}})); got != c.want {
			t.Errorf("%s: read %q, want %q", c.name, got, c.want)
		}
	}
	alone := reading.Scores(&message.Message{Text: "Utilité : 12", Reply: "Utilité : 12"}, reading.Sheet{Call: call, Candidates: []string{first}})
	if told(alone) != "7.utilite=12" {
		t.Errorf("the only candidate: %q", told(alone))
	}
}

// TestEveryScoreOfTheScaleComesThrough writes random scores in random ways.
func TestEveryScoreOfTheScaleComesThrough(t *testing.T) {
	call := panel(t)
	chance.Check(t, func(t *rapid.T) {
		var text, want []string
		for _, reference := range []string{first, second} {
			text = append(text, rapid.SampledFrom([]string{"%s", "%s :", "Dossier %s – Le projet"}).Draw(t, "head"))
			text[len(text)-1] = fmt.Sprintf(text[len(text)-1], reference)
			for _, k := range call.Criteria {
				score := rapid.Int64Range(0, 40).Draw(t, "score") * 50
				name := rapid.SampledFrom(append([]string{k.Label, k.ID, strings.ToUpper(k.Label)}, k.Aliases...)).Draw(t, "name")
				written := competition.Points(score)
				if rapid.Bool().Draw(t, "point") {
					written = strings.ReplaceAll(written, ",", ".")
				}
				text = append(text, rapid.SampledFrom([]string{"", "- ", "* "}).Draw(t, "bullet")+name+rapid.SampledFrom([]string{" : ", ": ", " = ", "\t", "\u00a0: "}).Draw(t, "sign")+written+rapid.SampledFrom([]string{"", "/20", " / 20", " sur 20"}).Draw(t, "of"))
				want = append(want, reference[4:5]+"."+k.ID+"="+competition.Points(score))
			}
		}
		m := &message.Message{Text: strings.Join(text, "\n"), Reply: strings.Join(text, "\n")}
		if got := told(reading.Scores(m, reading.Sheet{Call: call, Candidates: []string{first, second}})); got != strings.Join(want, "; ") {
			t.Fatalf("%s\nread %s\nwant %s", m.Text, got, strings.Join(want, "; "))
		}
	})
}

func FuzzScores(f *testing.F) {
	call := panel(f)
	for _, seed := range []string{first + "\nUtilité : 14", "conflit " + first, "> > Utilité 12/20", "Utilité : 99999999999999999999,5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := reading.Scores(&message.Message{Text: text, Reply: text}, reading.Sheet{Call: call, Candidates: []string{first, second}})
		for _, g := range s.Scores {
			if !call.Scale.Points().Takes(g.Score) || g.Candidate != first && g.Candidate != second || !slices.ContainsFunc(call.Criteria, func(k scheme.Criterion) bool { return k.ID == g.Criterion }) {
				t.Errorf("%+v of %q", g, text)
			}
		}
		for _, c := range s.Conflicts {
			if c != first && c != second {
				t.Errorf("conflict with %s in %q", c, text)
			}
		}
	})
}
