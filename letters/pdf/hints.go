package pdf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// unhinted leaves out of a TrueType font the instructions by which glyphs are fitted to the pixels of coarse screens (hinting): half of the file, and of no use to
// printers and to screens of today. The file keeps what ISO 32000-1 §9.9 asks for in an embedded font, and gives every glyph the same outline.
// (OpenType 1.9: "Font file organization", "glyf", "loca".)
func unhinted(font []byte) ([]byte, error) {
	tables, err := tablesOf(font)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"head", "maxp", "loca", "glyf", "hhea", "hmtx", "cmap"} {
		if tables[name] == nil {
			return nil, fmt.Errorf("%w: the font has no %s", errStructure, name)
		}
	}
	head, maxp := slices.Clone(tables["head"]), slices.Clone(tables["maxp"])
	if len(head) < 54 || len(maxp) < 32 {
		return nil, fmt.Errorf("%w: a table of the font is too short", errStructure)
	}
	places := offsets(tables["loca"], binary.BigEndian.Uint16(head[50:]) == 1)
	var glyf, loca []byte
	for i := range max(len(places)-1, 0) {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		if places[i] > places[i+1] || places[i+1] > len(tables["glyf"]) {
			return nil, fmt.Errorf("%w: glyph %d lies outside", errStructure, i)
		}
		g, err := withoutInstructions(tables["glyf"][places[i]:places[i+1]])
		if err != nil {
			return nil, fmt.Errorf("glyph %d: %w", i, err)
		}
		glyf = append(glyf, g...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	binary.BigEndian.PutUint16(head[50:], 1) // indexToLocFormat: long
	binary.BigEndian.PutUint32(head[8:], 0)  // checkSumAdjustment, which nobody reads in an embedded font
	for i := 16; i < 28; i += 2 {            // from maxTwilightPoints to maxSizeOfInstructions
		binary.BigEndian.PutUint16(maxp[i:], 0)
	}
	binary.BigEndian.PutUint16(maxp[14:], 1) // maxZones
	kept := map[string][]byte{"head": head, "maxp": maxp, "loca": loca, "glyf": glyf}
	for _, name := range []string{"hhea", "hmtx", "cmap", "post", "OS/2"} {
		if tables[name] != nil {
			kept[name] = tables[name]
		}
	}
	return assembled(kept), nil
}

// tablesOf are the tables of a font by name.
func tablesOf(font []byte) (map[string][]byte, error) {
	if len(font) < 12 {
		return nil, errStructure
	}
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(font[4:])) {
		if len(font) < 28+16*i {
			return nil, errStructure
		}
		record := font[12+16*i:]
		from, size := int(binary.BigEndian.Uint32(record[8:])), int(binary.BigEndian.Uint32(record[12:]))
		if from > len(font) || size > len(font)-from {
			return nil, errStructure
		}
		tables[string(record[:4])] = font[from : from+size]
	}
	return tables, nil
}

// offsets are the places of glyphs in glyf, and its end.
func offsets(loca []byte, long bool) (places []int) {
	if long {
		for ; len(loca) >= 4; loca = loca[4:] {
			places = append(places, int(binary.BigEndian.Uint32(loca)))
		}
		return places
	}
	for ; len(loca) >= 2; loca = loca[2:] {
		places = append(places, 2*int(binary.BigEndian.Uint16(loca)))
	}
	return places
}

// withoutInstructions is a glyph without its instructions.
func withoutInstructions(glyph []byte) ([]byte, error) {
	const header = 10
	if len(glyph) < header {
		return nil, nil // it has no outline
	}
	if contours := int(int16(binary.BigEndian.Uint16(glyph))); contours >= 0 {
		at := header + 2*contours // instructionLength
		if len(glyph) < at+2 {
			return nil, errStructure
		}
		after := at + 2 + int(binary.BigEndian.Uint16(glyph[at:]))
		if after > len(glyph) {
			return nil, errStructure
		}
		return slices.Concat(glyph[:at], []byte{0, 0}, glyph[after:]), nil
	}
	const words, scale, more, xyScale, matrix, instructions = 1, 8, 1 << 5, 1 << 6, 1 << 7, 1 << 8
	out := bytes.Clone(glyph)
	for at := header; ; {
		if len(out) < at+6 {
			return nil, errStructure
		}
		flags := binary.BigEndian.Uint16(out[at:])
		binary.BigEndian.PutUint16(out[at:], flags&^instructions)
		at += 6
		if flags&words != 0 {
			at += 2
		}
		switch {
		case flags&scale != 0:
			at += 2
		case flags&xyScale != 0:
			at += 4
		case flags&matrix != 0:
			at += 8
		}
		if flags&more == 0 {
			if at > len(out) {
				return nil, errStructure
			}
			return out[:at], nil
		}
	}
}

// assembled is a font file of tables.
func assembled(tables map[string][]byte) []byte {
	var names []string
	for name := range tables {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	power := 1
	for power*2 <= len(names) {
		power *= 2
	}
	selector := 0
	for 1<<(selector+1) <= len(names) {
		selector++
	}
	out := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, n := range []int{len(names), 16 * power, selector, 16 * (len(names) - power)} {
		out = binary.BigEndian.AppendUint16(out, uint16(n))
	}
	at := 12 + 16*len(names)
	var body []byte
	for _, name := range names {
		table := tables[name]
		out = append(out, name...)
		padded := append(slices.Clone(table), make([]byte, (4-len(table)%4)%4)...)
		var sum uint32
		for i := 0; i < len(padded); i += 4 {
			sum += binary.BigEndian.Uint32(padded[i:])
		}
		for _, n := range []uint32{sum, uint32(at + len(body)), uint32(len(table))} {
			out = binary.BigEndian.AppendUint32(out, n)
		}
		body = append(body, padded...)
	}
	return append(out, body...)
}
