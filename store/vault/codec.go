package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"
	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"relance/observe/health"
)

// A payload that is encrypted says so in its metadata, and whose data key it needs.
const (
	encodingField = "encoding"
	encoding      = "binary/encrypted"
	keyField      = "encryption-key-id"
)

// common is the name of the data key for what belongs to no workflow.
const common = "common"

// patience is how long a data key is waited for.
const patience = 10 * time.Second

// Codec encrypts payloads, compressed first: the state of a case is text that says much twice. It is a converter.PayloadCodec.
type Codec struct {
	keys *Keys
	name string // whose data key encrypts
}

// NewCodec encrypts with data keys.
func NewCodec(k *Keys) *Codec { return &Codec{k, common} }

// WithSerializationContext gives the codec of one workflow, which has a data key of its own.
func (c *Codec) WithSerializationContext(about converter.SerializationContext) converter.PayloadCodec {
	name := ""
	switch about := about.(type) {
	case converter.WorkflowSerializationContext:
		name = about.WorkflowID
	case converter.ActivitySerializationContext:
		name = about.WorkflowID
	}
	if name == "" {
		name = common
	}
	return &Codec{c.keys, name}
}

// Encode encrypts payloads (converter.PayloadCodec).
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	key, err := c.keys.make(ctx, c.name)
	if err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		plain, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encrypt: %w", err)
		}
		out[i] = &commonpb.Payload{Metadata: map[string][]byte{encodingField: []byte(encoding), keyField: []byte(c.name)},
			Data: seal(key, associated(c.name), compress(plain))}
	}
	return out, nil
}

// Decode decrypts payloads, whichever workflow they are of; what is not encrypted stays as it is.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	out := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		var err error
		if out[i], err = c.decode(ctx, p); err != nil {
			return nil, fmt.Errorf("decrypt: %w", err)
		}
	}
	return out, nil
}

func (c *Codec) decode(ctx context.Context, p *commonpb.Payload) (*commonpb.Payload, error) {
	if string(p.GetMetadata()[encodingField]) != encoding {
		return p, nil
	}
	name := string(p.Metadata[keyField])
	key, err := c.keys.find(ctx, name)
	if err != nil {
		return nil, err
	}
	packed, err := unseal(key, associated(name), p.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	plain, err := decompress(packed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	out := &commonpb.Payload{}
	return out, proto.Unmarshal(plain, out)
}

// associated binds a payload to its workflow.
func associated(name string) []byte { return []byte("relance payload\x00" + name) }

// The first byte of what is encrypted says how the rest is packed.
const (
	packedNot  = 0
	packedZstd = 1
)

// largestPayload bounds what is unpacked; Temporal takes payloads of 2 MiB.
const largestPayload = 64 << 20

var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(largestPayload))
)

// compress packs a text, where that makes it shorter.
func compress(plain []byte) []byte {
	packed := packer.EncodeAll(plain, []byte{packedZstd})
	if len(packed) > len(plain) {
		return append([]byte{packedNot}, plain...)
	}
	return packed
}

func decompress(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, ErrAltered
	}
	switch packed[0] {
	case packedNot:
		return packed[1:], nil
	case packedZstd:
		return unpacker.DecodeAll(packed[1:], nil)
	}
	return nil, errors.New("written by a newer version of this program")
}

// DataConverter is Temporal's usual one, with payloads encrypted.
func DataConverter(k *Keys) converter.DataConverter {
	return converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), NewCodec(k))
}

// failures encrypts what failures say, each for its workflow.
type failures struct {
	converter.FailureConverter
	data converter.DataConverter
}

// FailureConverter encrypts the messages and stack traces of failures: an error may quote what an applicant wrote.
func FailureConverter(data converter.DataConverter) converter.FailureConverter {
	return &failures{temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{DataConverter: data, EncodeCommonAttributes: true}), data}
}

// ErrorToFailure leaves the sentence of an outage readable, for whoever looks at Temporal's pages without the codec: it holds no word of a server or of
// a person. Where the data key cannot be had that sentence is all there is, and the failure is one that is tried again: Temporal's own converter panics, and
// nobody would learn of the failure until the side effect's time is up.
func (f *failures) ErrorToFailure(err error) (failure *failurepb.Failure) {
	defer func() {
		if problem := recover(); problem != nil {
			failure = &failurepb.Failure{Message: public(err, problem), Source: "GoSDK",
				FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: "unencrypted"}}}
		}
	}()
	failure = f.FailureConverter.ErrorToFailure(err)
	if known := new(health.Failure); errors.As(err, &known) {
		failure.Message = known.Sentence("")
	}
	return failure
}

// public is what may be said of an error to everybody.
func public(err error, problem any) string {
	if known := new(health.Failure); errors.As(err, &known) {
		return known.Sentence("")
	}
	if why, ok := problem.(error); ok {
		if known := new(health.Failure); errors.As(why, &known) {
			return known.Sentence("") + " What else went wrong cannot be told: the data key lies there."
		}
	}
	return "What went wrong cannot be told: the data key cannot be had."
}

// WithSerializationContext gives the converter of one workflow.
func (f *failures) WithSerializationContext(about converter.SerializationContext) converter.FailureConverter {
	return FailureConverter(converter.WithDataConverterSerializationContext(f.data, about))
}

var _ converter.FailureConverterWithSerializationContext = (*failures)(nil)
