package index

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The kinds of sign: what a case should not have in common with a case of somebody else.
const (
	SignDocument = "document" // SHA-256 of a file
	SignPhone    = "phone"    // E.164
	SignDomain   = "domain"   // of an organisation's own mail addresses
	SignAddress  = "address"  // postal
	SignPerson   = "person"   // who represents the applicant
	SignAccount  = "account"  // IBAN
)

// A Sign is of one kind, and has a value in the form in which it is compared.
type Sign struct{ Kind, Value string }

// Shared is a sign that a case has in common with cases of others.
type Shared struct {
	Kind  string
	Cases []string // references, in their order
}

const (
	signs = "index/signs/" // signs/DAY/CODES/REFERENCE.json: the codes of a case, and no content
	// mostSigns of one case are noted.
	mostSigns = 40
	// Crowd is with how many cases of others a sign is in common before it is none any more: the form of a federation, the
	// domain of an accountant.
	Crowd = 20

	codeDigits = 12 // hexadecimal, of the keyed hash of a sign
	perSegment = 20 // codes: a segment of a key has at most 255 bytes
)

// neighbours is what this process knows of the signs of all cases. All keys are listed once, and those of the last two days
// again.
type neighbours struct {
	mu    sync.Mutex
	all   bool      // everything was listed once
	until time.Time // the last days are listed again
	cases []string
	known map[uint64]bool // hashes of the keys that were listed
	at    map[string]uint32
	first map[uint64]uint32 // the case that has a sign
	more  map[uint64][]uint32
}

// NoteSigns notes the signs of a case and of its owner (the firm, the sender), and gives a mark of what is noted. What was
// noted before stays: a firm that changes its telephone has had the old one. Nothing is written where the mark is the one of
// before. now is real.
func (x *Index) NoteSigns(ctx context.Context, reference string, owner, of []Sign, before string, now time.Time) (mark string, err error) {
	codes, err := x.codes(ctx, slices.Concat(owner, of[:min(len(of), mostSigns)]))
	if err != nil || len(of) == 0 {
		return before, err
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	sum := sha256.Sum256([]byte(strings.Join(codes, "")))
	if mark = hex.EncodeToString(sum[:8]); mark == before {
		return mark, nil
	}
	var key []string
	for part := range slices.Chunk(codes, perSegment) {
		key = append(key, strings.Join(part, ""))
	}
	name := path.Join(signs, now.UTC().Format(time.DateOnly), path.Join(key...), reference+".json")
	if err := x.Archive.PutVersion(ctx, name, nil, "application/json"); err != nil {
		return before, err
	}
	x.near.mu.Lock()
	defer x.near.mu.Unlock()
	x.near.add(name)
	return mark, nil
}

// InCommon lists the signs that a case has in common with cases of others: with those that have neither its firm nor its
// sender. Cases of other processes are known as of the last ten seconds or, where listing takes longer, of the last
// fiftyfold of that time.
func (x *Index) InCommon(ctx context.Context, reference string, owner, of []Sign, now time.Time) ([]Shared, error) {
	owners, err := x.codes(ctx, owner)
	if err != nil {
		return nil, err
	}
	codes, err := x.codes(ctx, of)
	if err != nil {
		return nil, err
	}
	x.near.mu.Lock()
	defer x.near.mu.Unlock()
	if err := x.near.refresh(ctx, x.Archive, now); err != nil {
		return nil, err
	}
	own := map[string]bool{reference: true}
	for _, c := range owners {
		for _, other := range x.near.having(c) {
			own[other] = true
		}
	}
	found := map[string][]string{}
	for i, c := range codes {
		if x.near.crowded(c) {
			continue
		}
		others := slices.DeleteFunc(x.near.having(c), func(other string) bool { return own[other] })
		slices.Sort(others)
		if others = slices.Compact(others); len(others) <= Crowd {
			found[of[i].Kind] = append(found[of[i].Kind], others...)
		}
	}
	var list []Shared
	for kind, cases := range found {
		slices.Sort(cases)
		if cases = slices.Compact(cases); len(cases) > 0 {
			list = append(list, Shared{kind, cases})
		}
	}
	slices.SortFunc(list, func(a, b Shared) int { return strings.Compare(a.Kind, b.Kind) })
	return list, nil
}

// codes are the keyed hashes of signs, in their order.
func (x *Index) codes(ctx context.Context, list []Sign) ([]string, error) {
	salt, err := x.secret(ctx)
	if err != nil {
		return nil, err
	}
	codes := make([]string, len(list))
	for i, s := range list {
		mac := hmac.New(sha256.New, salt)
		mac.Write([]byte("sign:" + s.Kind + ":" + s.Value))
		codes[i] = hex.EncodeToString(mac.Sum(nil))[:codeDigits]
	}
	return codes, nil
}

func (n *neighbours) refresh(ctx context.Context, archive Archive, now time.Time) error {
	if now.Before(n.until) {
		return nil
	}
	days := []string{""}
	if n.all {
		today := now.UTC()
		days = []string{today.AddDate(0, 0, -1).Format(time.DateOnly) + "/", today.Format(time.DateOnly) + "/"}
	}
	began := time.Now()
	for _, day := range days {
		names, err := archive.Names(ctx, signs+day)
		if err != nil {
			return err
		}
		for _, name := range names {
			n.add(name)
		}
	}
	n.all = true
	n.until = now.Add(max(recount, 50*time.Since(began)))
	return nil
}

// add takes in the key of a case's signs.
func (n *neighbours) add(name string) {
	if n.known == nil {
		n.known, n.at, n.first, n.more = map[uint64]bool{}, map[string]uint32{}, map[uint64]uint32{}, map[uint64][]uint32{}
	}
	key := fnv.New64a()
	key.Write([]byte(name))
	if n.known[key.Sum64()] {
		return
	}
	n.known[key.Sum64()] = true
	_, codes, _ := strings.Cut(strings.TrimPrefix(path.Dir(name), signs), "/")
	reference := strings.TrimSuffix(path.Base(name), ".json")
	at, known := n.at[reference]
	if !known {
		at = uint32(len(n.cases))
		n.cases, n.at[reference] = append(n.cases, reference), at
	}
	codes = strings.ReplaceAll(codes, "/", "")
	for ; len(codes) >= codeDigits; codes = codes[codeDigits:] {
		c, err := strconv.ParseUint(codes[:codeDigits], 16, 64)
		if err != nil {
			continue
		}
		if first, has := n.first[c]; !has {
			n.first[c] = at
		} else if first != at {
			n.more[c] = append(n.more[c], at)
		}
	}
}

// crowded tells whether so many cases have a sign that those of one owner do not matter.
func (n *neighbours) crowded(code string) bool {
	c, err := strconv.ParseUint(code, 16, 64)
	return err != nil || len(n.more[c]) > 10*Crowd
}

// having lists the cases that have a sign.
func (n *neighbours) having(code string) (cases []string) {
	c, err := strconv.ParseUint(code, 16, 64)
	if err != nil {
		return nil
	}
	if first, has := n.first[c]; has {
		cases = append(cases, n.cases[first])
	}
	for _, at := range n.more[c] {
		cases = append(cases, n.cases[at])
	}
	return cases
}
