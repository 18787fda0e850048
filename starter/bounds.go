package starter

import (
	"context"
	"strings"
	"sync"
	"time"

	"relance/domain/casefile"
	"relance/mail/auth"
	"relance/store/archive"
)

// What one address can bring of which nothing proves that it wrote, and what one case takes in a day of such mail, of automatic mail and of mail that is
// proven. What comes on top waits in the officers' queue: it costs what storing it costs, and no step of any case.
const (
	mailsADay       = 20
	bytesADay       = 100 << 20
	provenMailsADay = 200
	provenBytesADay = 1 << 30
)

// unlisted is how many mails a case gets on a day before its folder is looked at.
const unlisted = 10

// traffic are the mails that this process has handed to each case today. It is a hint where to look: what counts lies in the archive.
type traffic struct {
	mu    sync.Mutex
	day   string
	cases map[string]int
}

// count counts a mail, and tells how many there were today.
func (t *traffic) count(reference, day string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.day != day {
		t.day, t.cases = day, map[string]int{}
	}
	t.cases[reference]++
	return t.cases[reference]
}

// listing is an archive that tells when objects were written (package archive).
type listing interface {
	List(ctx context.Context, prefix string) ([]archive.Object, error)
}

// full tells whether a case has had so much mail within a day that a message goes to the officers' queue instead. One that lies in its folder already is
// the case's.
func (s *Starter) full(ctx context.Context, reference string, l *letter) (bool, error) {
	store, lists := s.Archive.(listing)
	if s.traffic.count(reference, today()) <= unlisted || !lists {
		return false, nil
	}
	objects, err := store.List(ctx, casefile.Folder(reference)+"mail/in/")
	if err != nil {
		return false, err
	}
	mails, bytes := 0, l.size
	for _, o := range objects {
		name := strings.TrimPrefix(o.Key, casefile.Folder(reference)+"mail/in/")
		if name == l.sum+".eml" {
			return false, nil
		}
		if strings.HasSuffix(name, ".eml") && s.now().Sub(o.Modified) < 24*time.Hour {
			mails, bytes = mails+1, bytes+o.Size
		}
	}
	if l.Message != nil && l.Verdict == auth.Proven {
		return mails >= provenMailsADay || bytes > provenBytesADay, nil
	}
	return mails >= mailsADay || bytes > bytesADay && mails > 0, nil
}
