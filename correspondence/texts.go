package correspondence

import (
	"reflect"

	"relance/templates"
)

// CheckTexts looks at every text without running it: a variable that there is not is a mistake even in a branch that is never taken.
func CheckTexts(t *templates.Texts) error { return t.Check(reflect.TypeFor[View]()) }
