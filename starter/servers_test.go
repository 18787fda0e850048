package starter_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"relance/domain/casefile"
	"relance/domain/inquiry"
	"relance/mail/mailbox"
	"relance/store/archive"
)

// wire is what lies between one starter and the servers: each of its requests passes here and gets a number, and a
// test breaks or holds up one of them.
type wire struct {
	mu     sync.Mutex
	passed []string // the requests so far
	// broken tells which request fails; after says that the server does what it is asked and its answer is lost.
	broken func(number int) (lost error, after bool)
	before func(number int) // nil: nothing
}

// pass sends one request.
func (w *wire) pass(request string, serve func() error) error {
	w.mu.Lock()
	number := len(w.passed)
	w.passed = append(w.passed, request)
	w.mu.Unlock()
	if w.before != nil {
		w.before(number)
	}
	if w.broken == nil {
		return serve()
	}
	lost, after := w.broken(number)
	if lost == nil {
		return serve()
	}
	if after {
		_ = serve() // and nobody learns what came of it
	}
	return lost
}

// object is what one key of the store holds.
type object struct {
	content []byte
	written time.Time
}

// store is an object store in memory that keeps what is written once.
type store struct {
	mu      sync.Mutex
	objects map[string]object
}

func (s *store) put(key string, content []byte, once bool) (created bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.objects[key]; once && taken {
		return false
	}
	s.objects[key] = object{slices.Clone(content), time.Now()}
	return true
}

func (s *store) get(key string) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, there := s.objects[key]
	if !there {
		return o, fmt.Errorf("%s: %w", key, archive.ErrNotFound)
	}
	return o, nil
}

// names lists the keys that begin so, in order.
func (s *store) names(prefix string) (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if strings.HasPrefix(key, prefix) {
			list = append(list, key)
		}
	}
	return list
}

// remote is the store as one starter reaches it.
type remote struct {
	*store
	*wire
}

func (r remote) PutOnce(_ context.Context, key string, content []byte, _ string) (created bool, err error) {
	err = r.pass("put "+key, func() error { created = r.put(key, content, true); return nil })
	return created, err
}

func (r remote) PutStream(ctx context.Context, key string, from io.ReadSeeker, kind string) (bool, error) {
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	content, err := io.ReadAll(from)
	if err != nil {
		return false, err
	}
	return r.PutOnce(ctx, key, content, kind)
}

func (r remote) PutVersion(_ context.Context, key string, content []byte, _ string) error {
	return r.pass("write "+key, func() error { r.put(key, content, false); return nil })
}

func (r remote) Get(_ context.Context, key string) (content []byte, err error) {
	err = r.pass("get "+key, func() error {
		o, err := r.get(key)
		content = o.content
		return err
	})
	return content, err
}

func (r remote) Names(_ context.Context, prefix string) (list []string, err error) {
	err = r.pass("list "+prefix, func() error { list = r.names(prefix); return nil })
	return list, err
}

func (r remote) Exists(_ context.Context, key string) (there bool, err error) {
	err = r.pass("look for "+key, func() error {
		if strings.Contains(key, "..") { // as package archive does
			return fmt.Errorf("%s: %w", key, archive.ErrBadKey)
		}
		_, missing := r.get(key)
		there = missing == nil
		return nil
	})
	return there, err
}

func (r remote) Stat(_ context.Context, key string) (o archive.Object, err error) {
	err = r.pass("stat "+key, func() error {
		found, err := r.get(key)
		o = archive.Object{Key: key, Modified: found.written}
		return err
	})
	return o, err
}

// run is what Temporal knows of one workflow id.
type run struct {
	running bool
	begun   []any // the input of each run
	mails   []casefile.Mail
	options client.StartWorkflowOptions
}

// temporal is a Temporal server that runs nothing: it keeps what it is asked.
type temporal struct {
	mu    sync.Mutex
	runs  map[string]*run
	store *store
	wrong []string // what no starter may do
}

// signal keeps a mail. The mail must lie in the archive by then.
func (t *temporal) signal(id, name string, arg any) {
	mail, is := arg.(casefile.Mail)
	switch arg := arg.(type) {
	case inquiry.Waiting:
		mail, is = arg.Mail, strings.HasPrefix(id, "inquiry-")
	case inquiry.Reply:
		mail, is = arg.Mail, strings.HasPrefix(id, "inquiry-") && arg.Question > 0
		if name == "reply" {
			name = "mail"
		}
	}
	if !is || name != "mail" {
		t.wrong = append(t.wrong, fmt.Sprintf("signal %q of %T to %s", name, arg, id))
		return
	}
	o, err := t.store.get(mail.Key)
	if err != nil || sum(o.content) != mail.SHA256 {
		t.wrong = append(t.wrong, fmt.Sprintf("%s is told of %s, which is not in the archive", id, mail.Key))
	}
	t.runs[id].mails = append(t.runs[id].mails, mail)
}

// server is Temporal as one starter reaches it.
type server struct {
	*temporal
	*wire
}

func (s server) DescribeWorkflow(
	_ context.Context,
	id, _ string,
) (d *client.WorkflowExecutionDescription, err error) {
	err = s.pass("describe "+id, func() error {
		s.temporal.mu.Lock()
		defer s.temporal.mu.Unlock()
		r := s.runs[id]
		if r == nil {
			return serviceerror.NewNotFound("no such workflow")
		}
		d = new(client.WorkflowExecutionDescription)
		if d.Status = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED; r.running {
			d.Status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
		}
		return nil
	})
	return d, err
}

func (s server) SignalWorkflow(_ context.Context, id, _, signal string, arg any) error {
	return s.pass("signal "+id, func() error {
		s.temporal.mu.Lock()
		defer s.temporal.mu.Unlock()
		if r := s.runs[id]; r == nil || !r.running {
			return serviceerror.NewNotFound("workflow execution already completed")
		}
		s.signal(id, signal, arg)
		return nil
	})
}

func (s server) SignalWithStartWorkflow(_ context.Context, id, signal string, arg any, o client.StartWorkflowOptions,
	_ any, args ...any) (client.WorkflowRun, error) {
	return nil, s.pass("start "+id, func() error {
		s.temporal.mu.Lock()
		defer s.temporal.mu.Unlock()
		r := s.runs[id]
		if r == nil {
			r = &run{}
			s.runs[id] = r
		}
		if !r.running {
			if len(r.begun) > 0 && o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE {
				return serviceerror.NewWorkflowExecutionAlreadyStarted("it has run", "", "")
			}
			r.running, r.begun, r.options = true, append(r.begun, args...), o
		}
		s.signal(id, signal, arg)
		return nil
	})
}

func (s server) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	return nil, s.pass("start "+o.ID, func() error {
		s.temporal.mu.Lock()
		defer s.temporal.mu.Unlock()
		if s.runs[o.ID] != nil {
			return serviceerror.NewWorkflowExecutionAlreadyStarted("it runs, or has run", "", "")
		}
		s.runs[o.ID] = &run{begun: args, options: o}
		return nil
	})
}

// inbox is a mail server with one inbox and the folders beside it.
type inbox struct {
	mu      sync.Mutex
	last    uint32 // UID
	mails   map[uint32]mailbox.Mail
	folders map[mailbox.Destination][]string // SHA-256 of the mails in them
	leaves  func(m mailbox.Mail, to mailbox.Destination)
}

// add puts a mail into the inbox, as one that arrives now.
func (b *inbox) add(raw string) mailbox.Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	m := mailbox.Mail{
		UIDValidity: 1,
		UID:         b.last,
		Received:    time.Now(),
		Size:        int64(len(raw)),
		Content:     strings.NewReader(raw),
	}
	b.mails[m.UID] = m
	return m
}

// list gives the mails of the inbox, the oldest first.
func (b *inbox) list() (mails []mailbox.Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, uid := range slices.Sorted(maps.Keys(b.mails)) {
		mails = append(mails, b.mails[uid])
	}
	return mails
}

func (b *inbox) move(m mailbox.Mail, to mailbox.Destination) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, there := b.mails[m.UID]; !there {
		return // another starter was faster
	}
	b.leaves(m, to)
	delete(b.mails, m.UID)
	b.folders[to] = append(b.folders[to], sumOf(m))
}

// errStopped ends a watch of the tests.
var errStopped = errors.New("the inbox is empty")

// reader is the inbox as one starter watches it. It keeps the rules of package mailbox: a mail stays where its
// handler fails, none is fetched after one that another process is taking, nor where none can be taken, and the inbox
// is read again soon.
type reader struct {
	*inbox
	*wire
	said []error // by the handler
}

func (r *reader) Watch(ctx context.Context, handle mailbox.Handler) error {
	for ctx.Err() == nil {
		mails, pause := r.list(), 200*time.Millisecond
		if len(mails) == 0 {
			return errStopped
		}
		for _, m := range mails {
			to, err := handle(ctx, m)
			if err == nil && to != "" {
				err = r.pass("move to "+string(to), func() error { r.move(m, to); return nil })
			}
			if err == nil {
				continue
			}
			r.said = append(r.said, err)
			if errors.Is(err, mailbox.ErrTaken) {
				break
			}
			if pause = 5 * time.Second; errors.Is(err, mailbox.ErrHold) {
				break
			}
		}
		time.Sleep(pause)
	}
	return ctx.Err()
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

func sumOf(m mailbox.Mail) string {
	raw, _ := m.Bytes() // of a string
	return sum(raw)
}
