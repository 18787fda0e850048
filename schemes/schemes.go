// Package schemes carries the scheme files that come with Relance, so that the binary runs without a folder beside it.
// An authority brings its own folder (RELANCE_SCHEMES); see package scheme for the language.
package schemes

import "embed"

// Files holds the scheme files and the texts they refer to.
//
//go:embed *.yaml */*.yaml */*.txt */*.csv
var Files embed.FS

// Schema is the JSON Schema of scheme files, for editors.
//
//go:embed scheme.schema.json
var Schema []byte
