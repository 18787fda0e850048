package french

import (
	"regexp"
	"slices"
	"strings"
)

// titles are the words before a name that are no part of it.
var titles = []string{"m", "mr", "monsieur", "mme", "mrs", "madame", "mlle", "mademoiselle", "dr", "docteur", "me", "maitre"}

var notLetters = regexp.MustCompile(`[^\p{L}]+`)

// NameKey is a person's name as it is compared: its words without accents, capitals and titles, in the order of the alphabet, since people write
// first and last names in either order. It is empty where there are fewer than two words.
func NameKey(name string) string {
	words := strings.Fields(notLetters.ReplaceAllString(Fold(name), " "))
	words = slices.DeleteFunc(words, func(w string) bool { return slices.Contains(titles, w) })
	if len(words) < 2 {
		return ""
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// ways are how people shorten the words of an address (NF Z10-011).
var ways = map[string]string{
	"av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "boul": "boulevard", "r": "rue", "pl": "place",
	"ch": "chemin", "che": "chemin", "chem": "chemin", "imp": "impasse", "all": "allee", "allees": "allee", "rte": "route", "sq": "square",
	"fg": "faubourg", "fbg": "faubourg", "crs": "cours", "res": "residence", "bat": "batiment", "st": "saint", "ste": "sainte",
	"gal": "general", "mal": "marechal", "dr": "docteur", "pdt": "president",
}

// fillers are words of an address that tell nothing apart.
var fillers = []string{"de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "cedex", "france", "n", "no", "numero"}

var notWords = regexp.MustCompile(`[^\p{L}\p{N}]+`)

// PlaceKey is a postal address as it is compared: without accents, capitals, marks and small words, with the words that people shorten written out.
// It is empty where there is no number, or nothing but one: such an address is many people's.
func PlaceKey(address string) string {
	var words []string
	numbers := 0
	for _, w := range strings.Fields(notWords.ReplaceAllString(Fold(address), " ")) {
		if slices.Contains(fillers, w) {
			continue
		}
		if long, short := ways[w]; short {
			w = long
		}
		if strings.Trim(w, "0123456789") == "" {
			numbers++
		}
		words = append(words, w)
	}
	if numbers == 0 || len(words)-numbers < 2 {
		return ""
	}
	return strings.Join(words, " ")
}
