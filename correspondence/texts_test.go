package correspondence_test

import (
	"testing"

	"relance/correspondence"
	"relance/templates"
)

func TestBuiltInTextsAreSound(t *testing.T) {
	if err := correspondence.CheckTexts(templates.French()); err != nil {
		t.Error(err)
	}
}
