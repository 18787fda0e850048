package message

import (
	"bytes"
	"encoding/binary"
	"path"
	"slices"
	"strings"
)

// Danger is what opening a file may do.
type Danger string

// The dangers.
const (
	Harmless Danger = ""
	Program  Danger = "program" // it runs
	Macros   Danger = "macros"  // an Office file runs what is written in it
	Active   Danger = "active"  // a PDF runs a script, starts a program or carries files
)

// programs are media types of what a computer runs.
var programs = []string{"application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-executable", "application/x-object", "application/x-sharedlib",
	"application/x-mach-binary", "application/x-ms-installer", "application/x-ms-shortcut", "application/jar", "application/java-archive", "application/vnd.android.package-archive",
	"application/x-java-applet", "text/x-shellscript", "application/x-sh", "application/x-msdownload", "application/x-chrome-extension", "application/x-iso9660-image"}

// scripts are endings of files that a double click runs, and whose content is a text like any other.
var scripts = []string{".js", ".jse", ".vbs", ".vbe", ".wsf", ".wsh", ".hta", ".bat", ".cmd", ".com", ".ps1", ".scr", ".lnk", ".msi", ".reg", ".pif", ".chm", ".xll", ".jar", ".iso", ".img", ".scf", ".url", ".exe", ".dll", ".cpl"}

// isProgram tells whether opening a file would run it: by its content, and by its name where the content is a mere text.
func isProgram(name, mediaType string, content []byte) bool {
	return slices.Contains(programs, mediaType) || slices.Contains(scripts, strings.ToLower(path.Ext(name))) ||
		bytes.HasPrefix(content, []byte("MZ")) && mediaType == "application/octet-stream" || bytes.HasPrefix(content, []byte("#!")) ||
		bytes.HasPrefix(content, []byte("L\x00\x00\x00\x01\x14\x02\x00"))
}

// wideVBA is the name of the storage that holds the macros of an old Office file, as it stands in it ([MS-OVBA] §2.2.1).
var wideVBA = []byte("_\x00V\x00B\x00A\x00_\x00P\x00R\x00O\x00J\x00E\x00C\x00T\x00")

// hasMacros tells whether an Office file holds macros.
func hasMacros(content []byte) bool {
	if bytes.HasPrefix(content, []byte("\xd0\xcf\x11\xe0")) {
		return bytes.Contains(content, wideVBA)
	}
	if !bytes.HasPrefix(content, []byte("PK")) {
		return false
	}
	for {
		var more bool
		if _, content, more = bytes.Cut(content, listed); !more || len(content) < nameAt {
			return false
		}
		long := int(binary.LittleEndian.Uint16(content[nameLength:]))
		name := strings.ToLower(string(content[nameAt:min(nameAt+long, len(content))]))
		if strings.HasSuffix(name, "vbaproject.bin") || strings.Contains(name, "/macrosheets/") || strings.HasPrefix(name, "basic/") && strings.HasSuffix(name, ".xml") {
			return true
		}
	}
}

// listed begins the entry of a file in the list at the end of an archive; its name and the name's length stand so many bytes behind
// (APPNOTE 6.3.10 §4.3.12). Looking for entries costs no memory, however many an archive pretends to have.
var listed = []byte("PK\x01\x02")

const nameLength, nameAt = 28 - 4, 46 - 4

// judge tells how dangerous a file is, and warns of it.
func (p *parser) judge(a *Attachment) {
	const largest = 50 << 20
	if a.Size > largest || a.Size == 0 {
		return
	}
	content := a.Content()
	switch {
	case isProgram(a.Name, a.Type, content):
		a.Danger = Program
		p.warn("an attachment is a program")
	case hasMacros(content):
		a.Danger = Macros
		p.warn("an attachment holds macros")
	case a.Type == "application/pdf" && slices.ContainsFunc(activeNames, func(name []byte) bool { return bytes.Contains(content, name) }):
		a.Danger = Active
		p.warn("a PDF does something when it is opened")
	case bytes.HasPrefix(bytes.TrimSpace(content), eicar):
		a.Danger = Program
		p.warn("an attachment is the test file of virus scanners")
	}
}

// activeNames are names of actions (ISO 32000-1 §12.6.4) as they stand in a PDF that does not compress its objects.
var activeNames = [][]byte{[]byte("/JavaScript"), []byte("/Launch"), []byte("/RichMedia"), []byte("/EmbeddedFile")}

// eicar begins the file by which virus scanners are tried out.
var eicar = []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR`)
