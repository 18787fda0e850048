package scheme

import "sync"

// Derived gives what a reader makes out of a version alone, such as the names of its fields. A version that was loaded makes it once, so the key names
// one kind of thing in the whole program and make must not depend on anything else. It is safe for concurrent use.
func Derived[T any](v *Version, key string, make func(*Version) T) T {
	if v.compiled == nil { // it was put together by hand
		return make(v)
	}
	once, _ := v.compiled.derived.LoadOrStore(key, sync.OnceValue(func() any { return make(v) }))
	return once.(func() any)().(T)
}
