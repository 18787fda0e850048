package casefile

import "time"

// LegalDay is how long a day lasts in the law.
const LegalDay = 24 * time.Hour

// Clock maps the machine's time to the time the procedure runs in. In production both are one. A demonstration may let
// a legal day last two seconds: every date a case carries is then the date it would have been, and only timers run
// faster, so that letters and explanations stay true to the law.
type Clock struct {
	Epoch time.Time     `json:"epoch"` // the real instant at which both times agree
	Day   time.Duration `json:"day"`   // how long a legal day really lasts; zero means 24 h
}

func (c Clock) identity() bool { return c.Day <= 0 || c.Day == LegalDay }

// Legal tells which legal instant a real one is.
func (c Clock) Legal(real time.Time) time.Time {
	if c.identity() {
		return real
	}
	return c.stretch(real, float64(LegalDay)/float64(c.Day))
}

// Real tells at which real instant a legal one is reached.
func (c Clock) Real(legal time.Time) time.Time {
	if c.identity() {
		return legal
	}
	return c.stretch(legal, float64(c.Day)/float64(LegalDay))
}

// stretch lengthens the time since the epoch. It reckons in microseconds and floating point: a time.Duration ends after 292
// years, which a demonstration left running reaches in three days, and a microsecond does not matter there.
func (c Clock) stretch(t time.Time, ratio float64) time.Time {
	since := float64(t.UnixMicro()-c.Epoch.UnixMicro()) * ratio
	return time.UnixMicro(c.Epoch.UnixMicro() + int64(since)).In(t.Location())
}
