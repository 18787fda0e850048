// Package expect is for tests: each call judges one thing, and a failure names that thing and shows only what differs.
// No code but tests imports it.
package expect

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// all lets structs be compared with their unexported fields, as reflect.DeepEqual compares them.
var all = cmp.Exporter(func(reflect.Type) bool { return true })

// Equal judges that got is want. Of structs, slices and maps a failure shows the parts that differ, each with its way
// to it. Values with a method Equal, such as instants, are compared by it. It tells whether they are equal.
func Equal[T any](t testing.TB, what string, got, want T) bool {
	t.Helper()
	r := &differences{what: what}
	if cmp.Equal(got, want, all, cmp.Reporter(r)) {
		return true
	}
	t.Errorf("%s", strings.Join(r.found[:min(len(r.found), enough)], "\n"))
	if more := len(r.found) - enough; more > 0 {
		t.Errorf("%s: %d more parts differ", what, more)
	}
	return false
}

// enough parts that differ are shown.
const enough = 20

// differences writes down which parts of two values differ.
type differences struct {
	what  string
	path  cmp.Path
	found []string
}

// PushStep is of cmp.Reporter.
func (d *differences) PushStep(s cmp.PathStep) { d.path = append(d.path, s) }

// PopStep is of cmp.Reporter.
func (d *differences) PopStep() { d.path = d.path[:len(d.path)-1] }

// Report is of cmp.Reporter.
func (d *differences) Report(r cmp.Result) {
	if r.Equal() {
		return
	}
	got, want := d.path.Last().Values()
	d.found = append(d.found, fmt.Sprintf("%s%s: got %s, want %s", d.what, d.way(), written(got), written(want)))
}

// way is how one gets from the whole to the part, as Go writes it.
func (d *differences) way() string {
	var way strings.Builder
	for _, step := range d.path[1:] {
		switch s := step.(type) {
		case cmp.Indirect, cmp.TypeAssertion:
		case cmp.SliceIndex:
			got, want := s.SplitKeys()
			fmt.Fprintf(&way, "[%d]", max(got, want))
		default:
			way.WriteString(s.String())
		}
	}
	return way.String()
}

var nilable = []reflect.Kind{reflect.Slice, reflect.Map, reflect.Pointer, reflect.Interface, reflect.Func}

// written is a value as a message shows it.
func written(v reflect.Value) string {
	switch {
	case !v.IsValid():
		return "nothing"
	case v.Kind() == reflect.String:
		return fmt.Sprintf("%q", v.String())
	case slices.Contains(nilable, v.Kind()) && v.IsNil():
		return "nil"
	}
	return fmt.Sprintf("%+v", v)
}

// Not judges that got is anything but unwanted.
func Not[T any](t testing.TB, what string, got, unwanted T) bool {
	t.Helper()
	if !cmp.Equal(got, unwanted, all) {
		return true
	}
	t.Errorf("%s: got %s, want anything else", what, written(reflect.ValueOf(got)))
	return false
}

// True judges that something holds.
func True(t testing.TB, what string, holds bool) bool {
	t.Helper()
	if !holds {
		t.Errorf("%s: is not so", what)
	}
	return holds
}

// False judges that something does not hold.
func False(t testing.TB, what string, holds bool) bool {
	t.Helper()
	if holds {
		t.Errorf("%s: is so, and must not be", what)
	}
	return !holds
}

// NoError judges that nothing went wrong while something was done.
func NoError(t testing.TB, doing string, err error) bool {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", doing, err)
	}
	return err == nil
}

// Error judges that an error is, or wraps, another one; where want is nil, that there is an error.
func Error(t testing.TB, doing string, err, want error) bool {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: no error", doing)
	case want != nil && !errors.Is(err, want):
		t.Errorf("%s: got the error %q, want %q", doing, err, want)
	default:
		return true
	}
	return false
}

// Contains judges that a text holds a part.
func Contains(t testing.TB, what, text, part string) bool {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s does not hold %q:\n%s", what, part, text)
		return false
	}
	return true
}
