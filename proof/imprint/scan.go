package imprint

import (
	"bytes"
	"image"
	"image/color"
	_ "image/jpeg" // what phones and scanners write
	_ "image/png"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// maxDecoded is how many bytes a picture may take when it is decoded, with the copy of it in grey: a photo of fifty megapixels takes 200.
const maxDecoded = 256 << 20

// tooLarge tells whether a picture takes too much memory, by what its header says.
func tooLarge(c image.Config) bool {
	each := 5 // bytes of a pixel: four colours, and grey
	switch c.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model:
		each = 9
	case color.GrayModel:
		each = 1
	case color.Gray16Model:
		each = 3
	case color.YCbCrModel:
		each = 4
	}
	return c.Width <= 0 || c.Height <= 0 || c.Width > maxDecoded/each/c.Height
}

// ReadPicture finds the marks on a scan or a photo of a page. None are found where the format is unknown (HEIC), the picture is too large or its code is not legible.
func ReadPicture(file []byte) (marks []Mark) {
	defer func() {
		if recover() != nil { // decoders of other people's files must not take the case down with them
			marks = nil
		}
	}()
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || tooLarge(config) {
		return nil
	}
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil
	}
	return read(picture)
}

// read looks for the code in a picture: as it is, smaller, then in each of its parts, since a code that is small on a large page escapes the search.
func read(picture image.Image) []Mark {
	grey := greyOf(picture)
	var marks []Mark
	for _, part := range parts(grey.Bounds()) {
		for _, longest := range part.sizes {
			for _, mark := range decode(scaled(grey, part.Rectangle, longest)) {
				if !slices.Contains(marks, mark) {
					marks = append(marks, mark)
				}
			}
			if len(marks) > 0 {
				return marks
			}
		}
	}
	return nil
}

// part is a part of a picture, and the lengths of its longer side at which it is looked at.
type part struct {
	image.Rectangle
	sizes []int
}

// parts are the whole and the corners: the code stands in a corner, whichever way the page lies.
func parts(whole image.Rectangle) []part {
	list := []part{{whole, []int{1400, 2200, 900}}}
	for _, share := range []float64{0.5, 0.3} {
		w, h := int(float64(whole.Dx())*share), int(float64(whole.Dy())*share)
		for _, x := range []int{whole.Max.X - w, whole.Min.X} {
			for _, y := range []int{whole.Max.Y - h, whole.Min.Y} {
				list = append(list, part{image.Rect(x, y, x+w, y+h), []int{1000, 1600}})
			}
		}
	}
	return list
}

func greyOf(picture image.Image) *image.Gray {
	if grey, ok := picture.(*image.Gray); ok {
		return grey
	}
	grey := image.NewGray(picture.Bounds())
	for y := grey.Rect.Min.Y; y < grey.Rect.Max.Y; y++ {
		for x := grey.Rect.Min.X; x < grey.Rect.Max.X; x++ {
			grey.SetGray(x, y, color.GrayModel.Convert(picture.At(x, y)).(color.Gray))
		}
	}
	return grey
}

// scaled brings a part to a size.
func scaled(grey *image.Gray, from image.Rectangle, longest int) *image.Gray {
	most := max(from.Dx(), from.Dy())
	if most == 0 {
		return image.NewGray(image.Rect(0, 0, 1, 1))
	}
	w, h := max(1, from.Dx()*longest/most), max(1, from.Dy()*longest/most)
	out := image.NewGray(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(out, out.Rect, grey, from, draw.Src, nil)
	return out
}

// decode reads a code with two ways of telling dark from light: by neighbourhood, for shadows, and over the whole.
func decode(grey *image.Gray) []Mark {
	source := gozxing.NewLuminanceSourceFromImage(grey)
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(source), gozxing.NewGlobalHistgramBinarizer(source)} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			continue
		}
		if result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints); err == nil {
			if marks := Find(result.GetText()); len(marks) > 0 {
				return marks
			}
		}
	}
	return nil
}
