package scheme

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// FieldProblem makes a problem of a field of a version, by its key in the facts, at its line of the file.
func FieldProblem(folder fs.FS, name, version, key, says string) Problem {
	var s Scheme
	src := decode(folder, name, &s)
	at := ""
	if i := slices.IndexFunc(s.Versions, func(v *Version) bool { return v != nil && v.Version == version }); i >= 0 {
		at = fmt.Sprintf("versions[%d]%s", i, pathOfKey(s.Versions[i], key))
	}
	return Problem{File: name, Line: src.line(at), Field: at, Says: says}
}

// pathOfKey is the path of a field in the file, behind that of its version.
func pathOfKey(v *Version, key string) string {
	parts := strings.Split(key, ".")
	i := slices.IndexFunc(v.Fields, func(f Field) bool { return f.ID == parts[0] })
	if i < 0 {
		return ".fields"
	}
	path := fmt.Sprintf(".fields[%d]", i)
	if j := slices.IndexFunc(v.Fields[i].Fields, func(f Field) bool { return f.ID == parts[len(parts)-1] }); len(parts) == 3 && j >= 0 {
		path += fmt.Sprintf(".fields[%d]", j)
	}
	return path
}
