package scheme

import "relance/domain/french"

// Fold brings a text to the form in which labels and phrases are compared: french.Fold.
func Fold(text string) string { return french.Fold(text) }
