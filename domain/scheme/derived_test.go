package scheme

import (
	"sync"
	"testing"
)

func TestAVersionDerivesEachThingOnce(t *testing.T) {
	v, made := &Version{Version: "2020-06-18", compiled: &compiled{}}, 0
	count := func(key string) string {
		return Derived(v, key, func(v *Version) string { made++; return key + " of " + v.Version })
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got := count("names"); got != "names of 2020-06-18" {
				t.Errorf("derived %q", got)
			}
		})
	}
	all.Wait()
	if got := count("labels"); got != "labels of 2020-06-18" || made != 2 {
		t.Errorf("derived %q, and made %d times for two keys", got, made)
	}
	byHand := &Version{Version: "2021-01-01"}
	if got := Derived(byHand, "names", func(v *Version) string { return v.Version }); got != "2021-01-01" {
		t.Errorf("a version put together by hand derived %q", got)
	}
}
