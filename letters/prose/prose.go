// Package prose is the plain text that a mail or a letter is made of, cut into the few kinds of block that both know.
//
// A template is written once, as text that a person can read; the mail's text part, its HTML part and the PDF letter are
// three views of the same blocks. The notation is deliberately small:
//
//	# a heading
//	- an item of a list
//	| a cell | another cell |
//	--- on a line of its own: a new page
//	anything else is a paragraph
//
// Blocks are separated by blank lines; lines of one paragraph are kept as lines.
package prose

import (
	"html"
	"regexp"
	"strings"
)

// Kind tells how a block is set.
type Kind int

// The kinds of block.
const (
	Paragraph Kind = iota
	Heading
	List
	Table
	Break // a letter goes on on a new page; a mail takes no notice
)

// Block is one paragraph, heading, list or table.
type Block struct {
	Kind  Kind
	Text  string     // Paragraph (may hold line breaks) and Heading
	Items []string   // List
	Rows  [][]string // Table: the first row is not a heading unless the text says so
}

// Parse cuts text into blocks. It accepts anything: what has no mark is a paragraph.
func Parse(text string) []Block {
	var blocks []Block
	var open []string // the lines of the paragraph being read
	flush := func() {
		if len(open) > 0 {
			blocks = append(blocks, Block{Kind: Paragraph, Text: strings.Join(open, "\n")})
			open = nil
		}
	}
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		line = strings.TrimRight(line, " \t")
		switch {
		case line == "":
			flush()
			blocks = append(blocks, Block{Kind: -1}) // a separator: two lists with a blank line between stay two
		case line == "---":
			flush()
			blocks = append(blocks, Block{Kind: Break})
		case strings.HasPrefix(line, "# "):
			flush()
			blocks = append(blocks, Block{Kind: Heading, Text: strings.TrimSpace(line[2:])})
		case strings.HasPrefix(line, "- "):
			flush()
			item := strings.TrimSpace(line[2:])
			if last := len(blocks) - 1; last >= 0 && blocks[last].Kind == List {
				blocks[last].Items = append(blocks[last].Items, item)
			} else {
				blocks = append(blocks, Block{Kind: List, Items: []string{item}})
			}
		case len(line) > 1 && line[0] == '|' && line[len(line)-1] == '|':
			flush()
			row := cells(line)
			if last := len(blocks) - 1; last >= 0 && blocks[last].Kind == Table {
				blocks[last].Rows = append(blocks[last].Rows, row)
			} else {
				blocks = append(blocks, Block{Kind: Table, Rows: [][]string{row}})
			}
		default:
			open = append(open, line)
		}
	}
	flush()
	kept := blocks[:0]
	for _, b := range blocks {
		if b.Kind >= 0 {
			kept = append(kept, b)
		}
	}
	return kept
}

func cells(line string) []string {
	parts := strings.Split(strings.Trim(line, "|"), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// Text sets blocks as the plain-text part of a mail.
func Text(blocks []Block) string {
	var b strings.Builder
	for _, block := range blocks {
		if block.Kind == Break {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		switch block.Kind {
		case Heading:
			b.WriteString(block.Text + "\n" + strings.Repeat("-", len([]rune(block.Text))))
		case List:
			b.WriteString("- " + strings.Join(block.Items, "\n- "))
		case Table:
			for j, row := range block.Rows {
				if j > 0 {
					b.WriteByte('\n')
				}
				b.WriteString(strings.Join(row, " : "))
			}
		default:
			b.WriteString(block.Text)
		}
	}
	b.WriteByte('\n')
	return b.String()
}

const (
	styleTable = `style="border-collapse:collapse;margin:0 0 1em"`
	styleCell  = `style="border:1px solid #c9cfd6;padding:4px 10px;vertical-align:top"`
)

// HTML sets blocks as a fragment for a mail's HTML part. All text is escaped: what a person wrote can never become markup.
func HTML(blocks []Block) string {
	var b strings.Builder
	for _, block := range blocks {
		switch block.Kind {
		case Break:
		case Heading:
			b.WriteString("<h2 style=\"font-size:1.05em;margin:1.4em 0 .5em\">" + html.EscapeString(block.Text) + "</h2>\n")
		case List:
			b.WriteString("<ul>\n")
			for _, item := range block.Items {
				b.WriteString("<li>" + inline(item) + "</li>\n")
			}
			b.WriteString("</ul>\n")
		case Table:
			b.WriteString("<table " + styleTable + ">\n")
			for _, row := range block.Rows {
				b.WriteString("<tr>")
				for _, cell := range row {
					b.WriteString("<td " + styleCell + ">" + inline(cell) + "</td>")
				}
				b.WriteString("</tr>\n")
			}
			b.WriteString("</table>\n")
		default:
			b.WriteString("<p>" + strings.ReplaceAll(inline(block.Text), "\n", "<br>\n") + "</p>\n")
		}
	}
	return b.String()
}

var link = regexp.MustCompile(`https?://[^\s<>"']+[^\s<>"'.,;:!?)]`)

// inline escapes a run of text and makes its web addresses clickable.
func inline(text string) string {
	return link.ReplaceAllStringFunc(html.EscapeString(text), func(u string) string {
		return `<a href="` + u + `">` + u + `</a>`
	})
}
