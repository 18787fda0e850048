package imprint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// maxSteps bounds how many values of a file are looked at; maxDepth, how deep.
const maxSteps, maxDepth = 500_000, 60

// sum is a value with all that it refers to, so that two values of two files are the same where their sums are:
// numbers of objects do not count, nor how a stream is packed.
func (o *opened) sum(value types.Object) string { return o.sumAt(value, 0) }

// without is the sum of a dictionary without some of its keys.
func (o *opened) without(d types.Dict, keys []string) string {
	rest := types.Dict{}
	for key, value := range d {
		if !slices.Contains(keys, key) {
			rest[key] = value
		}
	}
	return o.sum(rest)
}

func (o *opened) sumAt(value types.Object, depth int) string {
	if o.steps++; o.steps > maxSteps || depth > maxDepth {
		panic("a file with too many values") // Looks says that it cannot be read
	}
	if ref, is := value.(types.IndirectRef); is {
		number := ref.ObjectNumber.Value()
		if known, seen := o.sums[number]; seen {
			return known
		}
		o.sums[number] = "loop"
		object, err := o.Dereference(ref)
		if err != nil {
			panic(err)
		}
		o.sums[number] = o.sumAt(object, depth+1)
		return o.sums[number]
	}
	switch v := value.(type) {
	case nil:
		return "null"
	case types.Dict:
		return o.sumOf(v, nil, depth)
	case types.StreamDict:
		content, ok := decoded(&v)
		if !ok {
			content = v.Raw // a picture, whose packing is part of it
		}
		packing := "s"
		if bytes.Equal(content, v.Raw) { // as it is, or packed in a way that only a picture's decoder knows
			packing += plainSum(types.Integer(len(v.FilterPipeline)))
		}
		return o.sumOf(v.Dict, append([]byte(packing), content...), depth)
	case types.Array:
		hash := sha256.New()
		for _, each := range v {
			fmt.Fprintf(hash, "%s,", o.sumAt(each, depth+1))
		}
		return "[" + hex.EncodeToString(hash.Sum(nil))
	}
	return plainSum(value)
}

// sumOf is the sum of a dictionary and of the stream that belongs to it.
func (o *opened) sumOf(d types.Dict, content []byte, depth int) string {
	hash := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(d)) {
		if content != nil && slices.Contains([]string{"Length", "Filter", "DecodeParms"}, key) || key == "Parent" || key == "Metadata" {
			continue
		}
		fmt.Fprintf(hash, "/%q %s\n", key, o.sumAt(d[key], depth+1))
	}
	hash.Write(content)
	return "<" + hex.EncodeToString(hash.Sum(nil))
}

// plainSum is the sum of a number, a name or a string.
func plainSum(value types.Object) string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', 3, 64) }
	switch v := value.(type) {
	case types.Integer:
		return number(float64(v))
	case types.Float:
		return number(float64(v))
	case types.StringLiteral:
		if text, err := types.Unescape(string(v)); err == nil {
			return "(" + hex.EncodeToString(text)
		}
	case types.HexLiteral:
		if text, err := v.Bytes(); err == nil {
			return "(" + hex.EncodeToString(text)
		}
	}
	return fmt.Sprintf("%T %s", value, value)
}
