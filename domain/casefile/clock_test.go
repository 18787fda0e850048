package casefile_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"relance/domain/casefile"
	"relance/local/chance"
)

func day(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, casefile.Paris)
	if err != nil {
		panic(err)
	}
	return t
}

func TestClockIsTheIdentityInProduction(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, c := range []casefile.Clock{{}, {Day: 24 * time.Hour}, {Day: 24 * time.Hour, Epoch: now}} {
		if !c.Legal(now).Equal(now) || !c.Real(now).Equal(now) {
			t.Errorf("%+v changes the time", c)
		}
	}
}

func TestAShortenedDay(t *testing.T) {
	epoch := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	c := casefile.Clock{Epoch: epoch, Day: 2 * time.Second}
	if got := c.Legal(epoch.Add(20 * time.Second)); !got.Equal(epoch.AddDate(0, 0, 10)) {
		t.Errorf("after 20 s it is %v, want ten days later", got)
	}
	chance.Check(t, func(t *rapid.T) {
		real := epoch.Add(time.Duration(rapid.Int64Range(0, int64(72*time.Hour)).Draw(t, "after")))
		back := c.Real(c.Legal(real))
		if d := back.Sub(real).Abs(); d > time.Millisecond {
			t.Fatalf("%v comes back as %v", real, back)
		}
	})
}

func TestReferences(t *testing.T) {
	a := casefile.NewReference("rbd", "one")
	if a != casefile.NewReference("RBD", "one") || a == casefile.NewReference("RBD", "two") {
		t.Errorf("a reference follows from the message alone: %s", a)
	}
	if !casefile.IsReference(a) || casefile.IsReference(a+"x") || casefile.IsReference("RBD-00000") {
		t.Errorf("%s is a reference, and nothing longer or shorter", a)
	}
	for _, text := range []string{"Re: [" + a + "] pièces", "aides+" + lower(a) + "@localhost", a} {
		if got := casefile.FindReference(text); got != a {
			t.Errorf("in %q found %q, want %q", text, got, a)
		}
	}
	if got := casefile.FindReference("Facture ABCD-2020-12345"); got != "" {
		t.Errorf("found %q where there is none", got)
	}
}

func lower(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] >= 'A' && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}
