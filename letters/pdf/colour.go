package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"math"
	"sync"
)

// sRGB is the colour profile of every letter, compressed: what red, green and blue mean on any device (IEC 61966-2-1), written as an
// ICC profile of version 2.1 (ICC.1:2001-04 §6).
var sRGB = sync.OnceValue(func() []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, err := w.Write(profile())
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
})

// profile writes the header, the table of tags, and the tags: names, white point, the three primaries adapted to D50, and one
// curve for all three.
func profile() []byte {
	type tag struct {
		name string
		data []byte
	}
	tags := []tag{
		{"desc", described("sRGB IEC61966-2.1")}, {"cprt", append([]byte("text\x00\x00\x00\x00"), "No copyright, use freely\x00"...)},
		{"wtpt", xyz(0.96420, 1, 0.82491)},
		{"rXYZ", xyz(0.43607, 0.22249, 0.01392)}, {"gXYZ", xyz(0.38515, 0.71687, 0.09708)}, {"bXYZ", xyz(0.14307, 0.06061, 0.71410)},
		{"rTRC", curve()}, {"gTRC", nil}, {"bTRC", nil},
	}
	const header, entry = 128, 12
	table := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	at := header + 4 + entry*len(tags)
	var data []byte
	var offset, size int
	for _, t := range tags {
		if t.data != nil { // else it is the one before
			for len(data)%4 != 0 {
				data = append(data, 0)
			}
			offset, size = at+len(data), len(t.data)
			data = append(data, t.data...)
		}
		table = append(table, t.name...)
		table = binary.BigEndian.AppendUint32(table, uint32(offset))
		table = binary.BigEndian.AppendUint32(table, uint32(size))
	}
	for len(data)%4 != 0 {
		data = append(data, 0)
	}
	head := make([]byte, header)
	binary.BigEndian.PutUint32(head, uint32(at+len(data)))
	binary.BigEndian.PutUint32(head[8:], 0x02100000) // version 2.1
	copy(head[12:], "mntrRGB XYZ ")
	for i, n := range []uint16{2020, 1, 1, 0, 0, 0} { // date of creation
		binary.BigEndian.PutUint16(head[24+2*i:], n)
	}
	copy(head[36:], "acsp")
	copy(head[68:], xyz(0.96420, 1, 0.82491)[8:]) // the illuminant, D50
	return append(append(head, table...), data...)
}

// described is a tag of type textDescription: the text in ASCII, and neither in Unicode nor in ScriptCode.
func described(text string) []byte {
	b := binary.BigEndian.AppendUint32([]byte("desc\x00\x00\x00\x00"), uint32(len(text)+1))
	b = append(append(b, text...), 0)
	return append(b, make([]byte, 4+4+2+1+67)...)
}

// xyz is a tag of three numbers with sixteen bits behind the point.
func xyz(values ...float64) []byte {
	b := []byte("XYZ \x00\x00\x00\x00")
	for _, v := range values {
		b = binary.BigEndian.AppendUint32(b, uint32(math.Round(v*65536)))
	}
	return b
}

// curve is how light follows from a value, in 1024 steps.
func curve() []byte {
	const steps = 1024
	b := binary.BigEndian.AppendUint32([]byte("curv\x00\x00\x00\x00"), steps)
	for i := range steps {
		v := float64(i) / (steps - 1)
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		b = binary.BigEndian.AppendUint16(b, uint16(math.Round(v*65535)))
	}
	return b
}
