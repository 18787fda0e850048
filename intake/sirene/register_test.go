package sirene

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

func TestSIRET(t *testing.T) {
	for siret, good := range map[string]bool{
		"90000001900019": true, "90000001900018": false, "35600000000001": true, "35600000000002": false,
		"00000000000000": false, "9000000190001": false, "9000000190001x": false, "": false, "900 000 019 00019": false,
	} {
		err := check(siret)
		if good != (err == nil) || !good && !errors.Is(err, ErrSIRET) {
			t.Errorf("%q: %v", siret, err)
		}
	}
}

func TestTemporary(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false}, {ErrUnknown, false}, {ErrSIRET, false}, {ErrAnswer, false}, {ErrNotAsked, false},
		{&StatusError{Status: 429}, true}, {&StatusError{Status: 503}, true}, {&StatusError{Status: 404}, false},
		{context.DeadlineExceeded, true}, {context.Canceled, false}, {io.ErrUnexpectedEOF, true},
		{&url.Error{Op: "Get", URL: "http://x", Err: context.Canceled}, false},
		{&url.Error{Op: "Get", URL: "http://x", Err: errElsewhere}, false},
		{&url.Error{Op: "Get", URL: "http://x", Err: io.EOF}, true},
	} {
		err := c.err
		if err != nil {
			err = fmt.Errorf("wrapped: %w", err)
		}
		if Temporary(err) != c.want {
			t.Errorf("%v: temporary %t", err, !c.want)
		}
	}
}

func TestNone(t *testing.T) {
	var r Register = None{}
	if _, err := r.Find(t.Context(), "90000001900019"); !errors.Is(err, ErrNotAsked) {
		t.Error(err)
	}
}

func TestStaff(t *testing.T) {
	for code, want := range map[string]StaffRange{"": {}, "[ND]": {}, "NN": {0, 0, true}, "12": {20, 49, true}, "53": {10000, NoMax, true}} {
		if got, err := staff(code); err != nil || got != want {
			t.Errorf("%q: %v, %v", code, got, err)
		}
	}
	if _, err := staff("1"); err == nil {
		t.Error("a code without its zero passes")
	}
}

func TestPaceKeepsBelowSevenASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		start := time.Now()
		for range 8 {
			if err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took < time.Second || took > 1100*time.Millisecond {
			t.Errorf("eight requests in %s", took)
		}
	})
}

func TestPaceHonoursTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		for range 3 {
			if _, err := p.turn(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		short, cancel := context.WithTimeout(t.Context(), interval)
		defer cancel()
		start := time.Now()
		if err := p.wait(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		stopped, stop := context.WithCancel(t.Context())
		time.AfterFunc(interval, stop)
		if err := p.wait(stopped); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestPaceLeavesTheServerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		p.close(5 * time.Second)
		p.close(time.Second) // a shorter wish does not undo the longer
		time.Sleep(2 * time.Second)
		var status *StatusError
		if err := p.wait(t.Context()); !errors.As(err, &status) || status.RetryAfter != 3*time.Second {
			t.Error(err)
		}
		time.Sleep(3 * time.Second)
		if err := p.wait(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, " 7 ": 7 * time.Second, "-1": 0, "soon": 0, "9223372036854775807": maxDelay,
		"Sun, 01 Mar 2026 12:00:30 GMT": 30 * time.Second, "Sun, 01 Mar 2026 11:00:00 GMT": 0, "Mon, 01 Mar 2027 11:00:00 GMT": maxDelay,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s", header, got)
		}
	}
}
