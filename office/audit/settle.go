package audit

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"relance/domain/casefile"
	"relance/domain/ledger"
	"relance/domain/round"
	"relance/starter"
	"relance/store/archive"
)

// settle looks once more, after a while, at what looked wrong, and keeps what still does: the rest was in motion.
func (a *audit) settle(ctx context.Context) error {
	before := a.suspects
	if len(before) == 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(a.Grace):
	}
	now, err := a.again(ctx, before)
	if err != nil {
		return err
	}
	for _, f := range before {
		switch i := slices.IndexFunc(now, f.same); {
		case slices.ContainsFunc(a.Findings, f.same):
		case i >= 0:
			a.Findings = append(a.Findings, now[i])
		default:
			a.Settled++
		}
	}
	return nil
}

// again looks at the cases and objects of findings anew.
func (a *audit) again(ctx context.Context, before []Finding) ([]Finding, error) {
	a.suspects = nil
	if err := a.refresh(ctx, before); err != nil {
		return nil, err
	}
	cases := map[string]bool{}
	var single []Finding
	for _, f := range before {
		switch {
		case f.Code == SentUnknown: // of the mailbox and of the folder
			cases[f.Case] = true
			single = append(single, f)
		case f.Case != "" && ofCase(f.Code):
			cases[f.Case] = true
		case strings.HasPrefix(f.Code, "book.") && f.Code != BookNoCase, f.Code == OrderTwice, f.Code == OrderMissing && f.Case == "", f.Code == ErasureUnfinished:
			// they were looked for anew
		default:
			single = append(single, f)
		}
	}
	for _, reference := range slices.Sorted(maps.Keys(cases)) {
		found, err := a.judgeAgain(ctx, reference)
		if err != nil {
			return nil, err
		}
		a.suspect(found...)
	}
	if a.box != nil {
		var err error
		if single, err = a.present(ctx, single); err != nil {
			return nil, err
		}
	}
	for _, f := range single {
		still, err := a.still(ctx, f)
		if err != nil {
			return nil, err
		}
		if still {
			a.suspect(f)
		}
	}
	return a.suspects, nil
}

// ofCase tells whether a finding comes of judging a case.
func ofCase(code string) bool {
	switch code {
	case MailUnknown, CaseNoWorkflow, CaseUnreadable, CaseStale, CaseAhead, WorkflowFailed, WorkflowStuck, WorkflowRetrying, WorkflowIdle, JournalBroken,
		ObjectMissing, ObjectUnspoken, ObjectAltered, DecisionNoLetter, LetterNoAcceptance, LetterGap, LetterNumberTwice, SentMissing, SentTwice,
		BookUnjustified, BookMissing, BookAmount, BookPayment, OrderMissing, KeyMissing:
		return true
	}
	return false
}

// refresh reads anew what cases are held against.
func (a *audit) refresh(ctx context.Context, before []Finding) error {
	for _, step := range []func(context.Context) error{a.readErased, a.readKeys, a.readBook, a.readOrders} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	for _, f := range before {
		if f.Code != SentMissing {
			continue
		}
		if err := a.copyNow(ctx, f.Case, strings.TrimPrefix(f.Object, casefile.Folder(f.Case))); err != nil {
			return err
		}
	}
	return nil
}

// judgeAgain judges a case, or a session of a call, as it stands now.
func (a *audit) judgeAgain(ctx context.Context, reference string) ([]Finding, error) {
	if !casefile.IsReference(reference) {
		return a.judgeCall(ctx, reference)
	}
	names, err := a.Archive.Names(ctx, casefile.Folder(reference))
	if err != nil || len(names) == 0 {
		return nil, err
	}
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], casefile.Folder(reference))
	}
	before := a.copies
	a.copies = maps.Clone(before)
	if err := a.copiesNow(ctx, reference, names); err != nil {
		return nil, err
	}
	found, err := a.judge(ctx, reference, names)
	a.copies = before
	return found, err
}

// copiesNow looks in the folder of sent mails for those of a case that have come since it was read.
func (a *audit) copiesNow(ctx context.Context, reference string, names []string) error {
	if a.sent == nil {
		return nil
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "mail/out/") || !strings.HasSuffix(name, ".eml") {
			continue
		}
		if err := a.copyNow(ctx, reference, name); err != nil {
			return err
		}
	}
	return nil
}

// ever is before any mail was sent, and a date that mail servers take.
var ever = time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)

// copyNow looks in the folder of sent mails for the copy of one, unless it has been seen.
func (a *audit) copyNow(ctx context.Context, reference, name string) error {
	id := a.messageID(reference, name)
	if a.copies[textSum(id)] > 0 {
		return nil
	}
	there, err := a.sent.Holds(ctx, id, ever)
	if there {
		a.copies[textSum(id)] = 1
	}
	return err
}

// still tells whether a finding that stands by itself holds.
func (a *audit) still(ctx context.Context, f Finding) (bool, error) {
	exists := func(key string) (bool, error) {
		there, err := a.Archive.Exists(ctx, key)
		if errors.Is(err, archive.ErrBadKey) {
			return false, nil
		}
		return there, err
	}
	switch f.Code {
	case MailTwoPlaces:
		digits := f.Object[strings.LastIndexByte(f.Object, '/')+1:]
		for _, where := range []string{starter.Unassigned, starter.Ignored} {
			there, err := exists(where + strings.TrimSuffix(digits, ".eml") + ".assigned.json")
			if err != nil || there {
				return false, err
			}
		}
		one, err := exists(f.Object)
		if err != nil || !one {
			return false, err
		}
		return exists(f.Detail)
	case MailAside:
		there, err := exists(casefile.Folder(f.Case) + "mail/in/" + strings.TrimSuffix(f.Object[strings.LastIndexByte(f.Object, '/')+1:], ".assigned.json") + ".eml")
		return !there, err
	case SentUnknown:
		there, err := exists(f.Object + ".accepted.json")
		return !there, err
	case WorkflowNoFolder:
		w, err := a.describe(ctx, f.Case)
		if err != nil || w == nil || w.Status != 1 { // it has ended
			return false, err
		}
		return a.folderless(ctx, f.Case)
	case IndexNoCase, KeyNoCase, HoldNoCase, OrderNoCase:
		there, err := exists(f.Object)
		if err != nil || !there {
			return false, err
		}
		return a.folderless(ctx, f.Case)
	case BookNoCase:
		c := a.claim(f.Object)
		if c == nil || c.Status == ledger.Released {
			return false, nil
		}
		return a.folderless(ctx, f.Case)
	case ErasureLeftover:
		if f.uid > 0 || strings.HasSuffix(f.Object, "/") {
			names, err := a.Archive.Names(ctx, casefile.Folder(f.Case))
			return f.uid > 0 || len(names) > 0, err
		}
		return exists(f.Object)
	}
	return true, nil
}

func (a *audit) claim(key string) *ledger.Claim {
	if a.book.Book == nil {
		return nil
	}
	return a.book.Claims[key]
}

// folderless tells whether a case has no folder.
func (a *audit) folderless(ctx context.Context, reference string) (bool, error) {
	folder := casefile.Folder(reference)
	if !casefile.IsReference(reference) {
		folder = round.Folder(reference)
	}
	for _, err := range a.Archive.Each(ctx, folder) {
		return false, err
	}
	return true, nil
}
