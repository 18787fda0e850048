// Package competition is a call for projects (appel à projets) as arithmetic: who reads which candidate, what the scores add up to,
// who comes before whom and by which rule, and who is awarded how much. It is pure and exact: scores are hundredths of a
// point, means are fractions, sums are cents, and nothing depends on the order in which things are given.
package competition

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Candidate is an application that competes.
type Candidate struct {
	Reference string    `json:"reference"`
	Completed time.Time `json:"completed"` // when everything asked for was there
	Asked     int64     `json:"asked"`     // cents
}

// Criterion is what candidates are judged by.
type Criterion struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	Weight  int64  `json:"weight"`            // above zero
	Minimum int64  `json:"minimum,omitempty"` // hundredths of a point: a mean below it eliminates
}

// Scale is the scores that can be given, in hundredths of a point.
type Scale struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
	Step int64 `json:"step"`
}

// Takes tells whether a score is on the scale.
func (s Scale) Takes(score int64) bool {
	return score >= s.From && score <= s.To && (score-s.From)%max(s.Step, 1) == 0
}

// Pair is a candidate and a member of the panel.
type Pair struct {
	Candidate string `json:"candidate"`
	Member    string `json:"member"`
}

// Sheet is the scores that one member gives one candidate, by criterion, in hundredths of a point.
type Sheet struct {
	Pair
	Scores map[string]int64 `json:"scores"`
}

// Points writes a score as people do: 14,5.
func Points(hundredths int64) string {
	sign := ""
	if hundredths < 0 {
		sign, hundredths = "-", -hundredths
	}
	text := sign + strconv.FormatInt(hundredths/100, 10)
	if rest := hundredths % 100; rest > 0 {
		text += "," + strings.TrimSuffix(strconv.FormatInt(100+rest, 10)[1:], "0")
	}
	return text
}

// Fraction is an exact mean, in hundredths of a point. Neither part is below zero, and Den is above it.
type Fraction struct {
	Num int64 `json:"num"`
	Den int64 `json:"den"`
}

// Compare is -1, 0 or 1 as f is less than, equal to or more than g, without rounding.
func (f Fraction) Compare(g Fraction) int {
	aHigh, aLow := bits.Mul64(uint64(f.Num), uint64(g.Den))
	bHigh, bLow := bits.Mul64(uint64(g.Num), uint64(f.Den))
	switch {
	case aHigh < bHigh || aHigh == bHigh && aLow < bLow:
		return -1
	case aHigh == bHigh && aLow == bLow:
		return 0
	}
	return 1
}

// String writes a mean in points with three decimals, halves rounded up; it is for reading, and nothing is decided by it.
func (f Fraction) String() string {
	if f.Den == 0 {
		return "–"
	}
	thousandths := (f.Num*20 + f.Den) / (2 * f.Den)
	return strconv.FormatInt(thousandths/1000, 10) + "," + strconv.FormatInt(1000+thousandths%1000, 10)[1:]
}

// Lot is a candidate's lot in the draw of a call: the SHA-256 of both names. Anybody can reckon it again, and nobody could know it
// before both names were given; the smaller one comes first.
func Lot(call, reference string) string {
	sum := sha256.Sum256([]byte(call + " " + reference))
	return hex.EncodeToString(sum[:])
}
