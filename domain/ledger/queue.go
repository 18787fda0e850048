package ledger

import (
	"cmp"
	"slices"
	"strings"
)

// queue is the cases that wait for money on the same lines, in the order in which they became complete.
type queue struct {
	lines   []string
	waiting []place // sorted
}

// place is small, since a queue may be long: when the case became complete (nanoseconds since 1970), and which it is.
type place struct {
	complete int64
	key      string
}

func placeOf(key string, c *Claim) place { return place{c.Complete.UnixNano(), key} }

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.complete, o.complete), cmp.Compare(p.key, o.key))
}

func (q *queue) find(key string, c *Claim) (int, bool) {
	return slices.BinarySearchFunc(q.waiting, placeOf(key, c), place.compare)
}

// ahead counts who waits before a case.
func (q *queue) ahead(key string, c *Claim) int {
	i, _ := q.find(key, c)
	return i
}

// queueOf gives the queue of a claim's lines.
func (b *Book) queueOf(c *Claim) *queue {
	lines := make([]string, len(c.Portions))
	for i, p := range c.Portions {
		lines[i] = p.Line
	}
	slices.Sort(lines)
	name := strings.Join(lines, " ")
	if b.queues == nil {
		b.queues = map[string]*queue{}
	}
	q := b.queues[name]
	if q == nil {
		q = &queue{lines: lines}
		b.queues[name] = q
	}
	return q
}

func (b *Book) enqueue(key string, c *Claim) {
	q := b.queueOf(c)
	i, _ := q.find(key, c)
	q.waiting = slices.Insert(q.waiting, i, placeOf(key, c))
	for _, p := range c.Portions {
		b.Lines[p.Line].Waiting++
	}
}

func (b *Book) dequeue(key string, c *Claim) {
	q := b.queueOf(c)
	i, found := q.find(key, c)
	switch {
	case !found:
		return
	case i == 0:
		q.waiting = q.waiting[1:] // the usual case, and the queue may be long
	default:
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	for _, p := range c.Portions {
		b.Lines[p.Line].Waiting--
	}
}

// serve gives money to those who wait, first come first served: a case that does not fit holds back every later case that
// needs one of the lines it lacks money on, so that nobody overtakes; others are served.
func (b *Book) serve(asking string) []Effect {
	var effects []Effect
	short := map[string]bool{} // lines on which somebody earlier lacks money
	for {
		q := b.first(short)
		if q == nil {
			return effects
		}
		key := q.waiting[0].key
		c := b.Claims[key]
		if lacking := b.lacking(c.Portions); len(lacking) > 0 {
			for _, path := range lacking {
				short[path] = true
			}
			continue
		}
		e := Effect{What: "served", Key: key}
		if key == asking {
			e.What = "held"
		}
		b.Apply(e)
		effects = append(effects, e)
	}
}

// first gives the queue whose head waits longest, of those that are not held back.
func (b *Book) first(short map[string]bool) *queue {
	var found *queue
	for _, q := range b.queues {
		if len(q.waiting) == 0 || q.heldBack(short) {
			continue
		}
		if found == nil || q.waiting[0].compare(found.waiting[0]) < 0 {
			found = q
		}
	}
	return found
}

func (q *queue) heldBack(short map[string]bool) bool {
	if len(short) == 0 {
		return false
	}
	for _, line := range q.lines {
		for _, path := range chain(line) {
			if short[path] {
				return true
			}
		}
	}
	return false
}

// lacking lists the lines, at any level, that have not enough left for portions.
func (b *Book) lacking(portions []Portion) []string {
	need := map[string]int64{}
	for _, p := range portions {
		for _, path := range chain(p.Line) {
			need[path] += p.Cents
		}
	}
	var list []string
	for path, cents := range need {
		if b.Lines[path].Left() < cents {
			list = append(list, path)
		}
	}
	return list
}

// Waiting lists the cases that wait, in the order in which they became complete.
func (b *Book) Waiting() []string {
	var all []place
	for _, q := range b.queues {
		all = append(all, q.waiting...)
	}
	slices.SortFunc(all, place.compare)
	keys := make([]string, len(all))
	for i, p := range all {
		keys[i] = p.key
	}
	return keys
}

// Restore makes a book that was read back whole: its queues are not stored.
func (b *Book) Restore() {
	b.queues = nil
	for _, f := range b.Lines {
		f.Waiting = 0
	}
	var waiting []place
	for key, c := range b.Claims {
		if c.Status == Waiting {
			waiting = append(waiting, placeOf(key, c))
		}
	}
	slices.SortFunc(waiting, place.compare)
	for _, p := range waiting {
		b.enqueue(p.key, b.Claims[p.key])
	}
}
