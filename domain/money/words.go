package money

import "strings"

var units = []string{"zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
	"treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"}

var tens = map[int64]string{20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}

// NumberWords writes a whole number in French words, in the traditional spelling: hyphens below a hundred only, « vingt » and
// « cent » with an s where nothing follows them, « mille » without.
func NumberWords(n int64) string {
	if n < 0 {
		if n == -1<<63 {
			return "moins " + words(1<<63-1, true) // the one number without a positive twin; no budget gets there
		}
		return "moins " + words(-n, true)
	}
	return words(n, true)
}

// words writes n; last tells whether nothing follows that would take the s of « cents » and « quatre-vingts » away.
func words(n int64, last bool) string {
	switch {
	case n < 20:
		return units[n]
	case n < 100:
		return belowHundred(n, last)
	case n < 1000:
		return hundreds(n, last)
	case n < 1_000_000:
		rest := tail(n%1000, last)
		if n/1000 == 1 {
			return "mille" + rest
		}
		return words(n/1000, false) + " mille" + rest
	case n < 1_000_000_000:
		return scaled(n, 1_000_000, "million", last)
	}
	return scaled(n, 1_000_000_000, "milliard", last)
}

func belowHundred(n int64, last bool) string {
	switch {
	case n >= 80:
		if n == 80 {
			if last {
				return "quatre-vingts"
			}
			return "quatre-vingt"
		}
		return "quatre-vingt-" + units[n-80]
	case n >= 60:
		if n == 71 {
			return "soixante et onze"
		}
		return joinTen("soixante", n-60)
	}
	return joinTen(tens[n/10*10], n%10)
}

func joinTen(ten string, unit int64) string {
	switch unit {
	case 0:
		return ten
	case 1:
		return ten + " et un"
	}
	return ten + "-" + units[unit]
}

func hundreds(n int64, last bool) string {
	if n/100 == 1 {
		return "cent" + tail(n%100, last)
	}
	word := units[n/100] + " cent"
	if n%100 == 0 && last {
		word += "s"
	}
	return word + tail(n%100, last)
}

// scaled writes millions and milliards, which are nouns: they take an s, and the s of « cents » before them stays.
func scaled(n, scale int64, noun string, last bool) string {
	text := words(n/scale, true) + " " + noun
	if n/scale > 1 {
		text += "s"
	}
	return text + tail(n%scale, last)
}

func tail(n int64, last bool) string {
	if n == 0 {
		return ""
	}
	return " " + words(n, last)
}

// Words writes a sum in French words, as a decision that grants money has it: « mille cinq cents euros », « un million
// d'euros », « quatre cent quatre-vingts euros et cinquante centimes ».
func (c Cents) Words() string {
	n := int64(c)
	sign := ""
	if n < 0 {
		sign, n = "moins ", -n
	}
	euros, cents := n/100, n%100
	text := NumberWords(euros) + " " + euroNoun(euros)
	if euros == 0 && cents > 0 {
		text = ""
	}
	if cents > 0 {
		if text != "" {
			text += " et "
		}
		text += NumberWords(cents) + " centime"
		if cents > 1 {
			text += "s"
		}
	}
	return sign + text
}

func euroNoun(euros int64) string {
	noun := "euro"
	if euros > 1 {
		noun = "euros"
	}
	if w := NumberWords(euros); strings.HasSuffix(w, "million") || strings.HasSuffix(w, "millions") || strings.HasSuffix(w, "milliard") || strings.HasSuffix(w, "milliards") {
		return "d'euros"
	}
	return noun
}
