package pdf

import (
	"bytes"
	"testing"
)

// A letter in the faces is laid out as one in the whole typeface: what the library would measure, a face measures too.
func TestFacesMeasureAsTheWholeTypeface(t *testing.T) {
	l := sample()
	faced, whole := newDocument(l, false), newDocument(l, true)
	for _, s := range []style{plain, bold, small, {size: 5.5, bold: true}} {
		for r := range lastCommon + 1 {
			if !isCommon(r) {
				continue
			}
			if got, want := faced.width(s, string(r)), whole.width(s, string(r)); got != want {
				t.Errorf("%q at %v: %v mm, the library says %v", r, s, got, want)
			}
		}
		const text = "Bénéficiaire : « L'Œuvre d'été » – 12 345,67 €, n° 5"
		if got, want := faced.width(s, text), whole.width(s, text); got != want {
			t.Errorf("%q at %v: %v mm, the library says %v", text, s, got, want)
		}
	}
}

// Every common character is one that the typeface can print, so that nobody is promised a face that prints nothing.
func TestFacesHaveWhatIsCommon(t *testing.T) {
	known := glyphs()
	for r := range lastCommon + 1 {
		if isCommon(r) && !known[r] && r != '\u202f' && r != '\u2009' {
			t.Errorf("%q is common, and the typeface lacks it", r)
		}
	}
}

// One rare character, wherever it stands, makes a letter take the whole typeface, and be written the same in every other way.
func TestARareCharacterTakesTheWholeTypeface(t *testing.T) {
	for name, spoil := range map[string]func(*Letter){
		"nothing":   func(*Letter) {},
		"recipient": func(l *Letter) { l.Recipient[0] += " Łódź" },
		"subject":   func(l *Letter) { l.Subject += " Ελλάς" },
		"mark":      func(l *Letter) { l.Mark = "ő" },
		"name":      func(l *Letter) { l.Letterhead.Name += " ć" },
	} {
		l := sample()
		l.Recipient = append([]string{}, l.Recipient...)
		spoil(&l)
		file, err := Render(l)
		if err != nil {
			t.Fatal(err)
		}
		embedded := bytes.Contains(file, faces()[""].objects[len(faces()[""].objects)-1][20:])
		if embedded != (name == "nothing") {
			t.Errorf("%s: in a face: %v", name, embedded)
		}
		again, _ := Render(l)
		if !bytes.Equal(file, again) {
			t.Errorf("%s: the same letter gave other bytes", name)
		}
	}
}
