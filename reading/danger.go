package reading

import (
	"archive/zip"
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
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
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(archive.File, func(f *zip.File) bool {
		name := strings.ToLower(f.Name)
		return strings.HasSuffix(name, "vbaproject.bin") || strings.Contains(name, "/macrosheets/") || strings.HasPrefix(name, "basic/") && strings.HasSuffix(name, ".xml")
	})
}

// isActive tells whether a PDF does something when it is opened: runs a script, starts a program, carries files
// (ISO 32000-1 §12.6.4).
func isActive(ctx *model.Context) bool {
	for _, entry := range ctx.Table {
		if entry == nil {
			continue
		}
		d, ok := entry.Object.(types.Dict)
		if stream, is := entry.Object.(types.StreamDict); is {
			d, ok = stream.Dict, true
		}
		if !ok {
			continue
		}
		if action := d.NameEntry("S"); action != nil && slices.Contains([]string{"JavaScript", "Launch", "RichMediaExecute", "ImportData", "SubmitForm"}, *action) {
			return true
		}
		for _, key := range []string{"JavaScript", "EmbeddedFiles", "RichMediaContent"} {
			if _, has := d.Find(key); has {
				return true
			}
		}
		for _, key := range []string{"OpenAction", "A", "AA"} { // an action written in place
			if value, has := d.Find(key); has {
				if action, is := value.(types.Dict); is && action.NameEntry("S") != nil && slices.Contains([]string{"JavaScript", "Launch"}, *action.NameEntry("S")) {
					return true
				}
			}
		}
	}
	return false
}
