// Package ledger is the book of a budget plan: its envelopes and their lines, what cases hold of them, and who waits. It is
// pure. A move is decided once (Decide) and recorded as effects; applying the recorded effects in order (Apply) gives the
// same book again, whatever the rules of deciding have become since. No order of moves takes any line below zero.
package ledger

import (
	"strings"
)

// Plan is a budget plan (plan de relance): the root of its lines.
type Plan Line

// Line is an envelope, or a part of one: an action, a commune, a funder.
type Line struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Amount int64   `json:"amount"` // cents
	Lines  []*Line `json:"lines,omitempty"`
}

// Find gives the line of a path such as proximite/boutiques. The empty path is the plan itself.
func (p *Plan) Find(path string) (*Line, bool) {
	line := (*Line)(p)
	if path == "" {
		return line, p != nil
	}
	for _, id := range strings.Split(path, "/") {
		var below *Line
		if line != nil {
			for _, l := range line.Lines {
				if l.ID == id {
					below = l
				}
			}
		}
		if below == nil {
			return nil, false
		}
		line = below
	}
	return line, true
}

// Walk visits every line with its path, the plan first (its path is empty), parents before children, in the file's order.
func (p *Plan) Walk(visit func(path string, l *Line)) { walk("", (*Line)(p), visit) }

func walk(path string, l *Line, visit func(string, *Line)) {
	visit(path, l)
	for _, below := range l.Lines {
		walk(strings.TrimPrefix(path+"/"+below.ID, "/"), below, visit)
	}
}

// chain lists a path and everything above it, up to the plan.
func chain(path string) []string {
	list := []string{path}
	for path != "" {
		path = path[:max(strings.LastIndexByte(path, '/'), 0)]
		list = append(list, path)
	}
	return list
}
