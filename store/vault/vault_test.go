package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"relance/local/chance"
	"relance/observe/health"
	"relance/store/archive"
	"relance/store/vault"
)

// shelf is an archive in memory.
type shelf struct {
	mu      sync.Mutex
	objects map[string][]byte
	away    error
}

func newShelf() *shelf { return &shelf{objects: map[string][]byte{}} }

func (s *shelf) Create(_ context.Context, key string, content []byte, _ string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.objects[key]; taken || s.away != nil {
		return false, s.away
	}
	s.objects[key] = bytes.Clone(content)
	return true, nil
}

func (s *shelf) Replace(_ context.Context, key string, content []byte, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = bytes.Clone(content)
	return nil
}

func (s *shelf) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	content, known := s.objects[key]
	if s.away != nil {
		return nil, s.away
	}
	if !known {
		return nil, archive.ErrNotFound
	}
	return content, nil
}

func (s *shelf) Names(_ context.Context, prefix string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.objects)), func(n string) bool { return !strings.HasPrefix(n, prefix) }), nil
}

func (s *shelf) Erase(_ context.Context, folder string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.objects)
	maps.DeleteFunc(s.objects, func(n string, _ []byte) bool { return strings.HasPrefix(n, folder) })
	return before - len(s.objects), nil
}

func ring(t testing.TB, masters ...string) *vault.Ring {
	t.Helper()
	r, err := vault.ParseRing(strings.Join(masters, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func of(c *vault.Codec, id string) converter.PayloadCodec {
	return c.WithSerializationContext(converter.WorkflowSerializationContext{WorkflowID: id})
}

func payload(text string) *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(text)}
}

// Whatever is encrypted comes back as it was, on any process that has the ring, and shows nothing of itself.
func TestPayloadsComeBack(t *testing.T) {
	store, master := newShelf(), vault.NewMaster()
	chance.Check(t, func(rt *rapid.T) {
		secret := "Jeanne Martin, 12 rue de la Monnaie"
		text := rapid.SliceOf(rapid.Byte()).Draw(rt, "text")
		p := &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: append([]byte(secret), text...)}
		id := rapid.SampledFrom([]string{"RBD-7K3M9-QXD3A", "plan-relance"}).Draw(rt, "id")
		sealed, err := of(vault.NewCodec(vault.NewKeys(store, ring(t, master))), id).Encode([]*commonpb.Payload{p})
		if err != nil {
			rt.Fatal(err)
		}
		if raw, _ := proto.Marshal(sealed[0]); bytes.Contains(raw, []byte("Martin")) {
			rt.Fatal("the payload shows")
		}
		opened, err := vault.NewCodec(vault.NewKeys(store, ring(t, master))).Decode(sealed) // without a context, as a web page asks
		if err != nil || !proto.Equal(opened[0], p) {
			rt.Fatalf("%v %v", opened, err)
		}
	})
}

// A flipped bit, another case's name, or a key that is gone: an error, and no bytes.
func TestAlteredPayloads(t *testing.T) {
	keys := vault.NewKeys(newShelf(), ring(t, vault.NewMaster()))
	codec := vault.NewCodec(keys)
	seal := func() *commonpb.Payload {
		sealed, err := of(codec, "RBD-A").Encode([]*commonpb.Payload{payload(`"un loyer"`)})
		if err != nil {
			t.Fatal(err)
		}
		return sealed[0]
	}
	if _, err := of(codec, "RBD-B").Encode([]*commonpb.Payload{payload("")}); err != nil {
		t.Fatal(err)
	}
	for i := range seal().Data {
		p := seal()
		p.Data[i] ^= 1
		if _, err := codec.Decode([]*commonpb.Payload{p}); !errors.Is(err, vault.ErrAltered) {
			t.Errorf("byte %d flipped: %v", i, err)
		}
	}
	p := seal()
	p.Metadata["encryption-key-id"] = []byte("RBD-B")
	if _, err := codec.Decode([]*commonpb.Payload{p}); !errors.Is(err, vault.ErrAltered) {
		t.Errorf("of another case: %v", err)
	}
	p = seal()
	if err := keys.Erase(context.Background(), "RBD-A"); err != nil {
		t.Fatal(err)
	}
	if _, err := codec.Decode([]*commonpb.Payload{p}); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("after the erasure: %v", err)
	}
	if out, err := codec.Decode([]*commonpb.Payload{payload("1")}); err != nil || string(out[0].Data) != "1" {
		t.Errorf("what is not encrypted: %v %v", out, err)
	}
}

// After a rotation the old master key is not needed, and before it the new one does not suffice.
func TestRotation(t *testing.T) {
	ctx, store, old, fresh := context.Background(), newShelf(), vault.NewMaster(), vault.NewMaster()
	sealed, err := of(vault.NewCodec(vault.NewKeys(store, ring(t, old))), "RBD-A").Encode([]*commonpb.Payload{payload("1")})
	if err != nil {
		t.Fatal(err)
	}
	open := func(masters ...string) error {
		_, err := vault.NewCodec(vault.NewKeys(store, ring(t, masters...))).Decode(sealed)
		return err
	}
	if err := open(fresh); !errors.Is(err, vault.ErrMaster) {
		t.Errorf("the new key alone, before: %v", err)
	}
	both := vault.NewKeys(store, ring(t, fresh, old))
	for _, want := range []int{1, 0} {
		if n, err := both.Rotate(ctx); err != nil || n != want {
			t.Fatalf("rotated %d, want %d: %v", n, want, err)
		}
	}
	if err := open(fresh); err != nil {
		t.Errorf("the new key alone, after: %v", err)
	}
	if err := open(old); !errors.Is(err, vault.ErrMaster) {
		t.Errorf("the old key alone, after: %v", err)
	}
	if count, err := both.Masters(ctx); err != nil || !maps.Equal(count, map[string]int{ring(t, fresh).Active(): 1}) {
		t.Errorf("%v %v", count, err)
	}
}

// Processes that make a key in the same instant use one.
func TestOneKeyACase(t *testing.T) {
	store, master := newShelf(), vault.NewMaster()
	sealed := make([]*commonpb.Payload, 16)
	var all sync.WaitGroup
	for i := range sealed {
		all.Go(func() {
			out, err := of(vault.NewCodec(vault.NewKeys(store, ring(t, master))), "RBD-A").Encode([]*commonpb.Payload{payload("1")})
			if err != nil {
				t.Error(err)
				return
			}
			sealed[i] = out[0]
		})
	}
	all.Wait()
	if _, err := vault.NewCodec(vault.NewKeys(store, ring(t, master))).Decode(sealed); err != nil {
		t.Error(err)
	}
}

// A failure's message is encrypted for its workflow, and read back whole.
func TestFailures(t *testing.T) {
	keys := vault.NewKeys(newShelf(), ring(t, vault.NewMaster()))
	base := vault.FailureConverter(vault.DataConverter(keys))
	one := converter.WithFailureConverterSerializationContext(base, converter.WorkflowSerializationContext{WorkflowID: "RBD-A"})
	f := one.ErrorToFailure(temporal.NewNonRetryableApplicationError("l'adresse jeanne@boulangerie.example est refusée", "refused", nil, "détail"))
	if raw, _ := proto.Marshal(f); bytes.Contains(raw, []byte("boulangerie")) {
		t.Error("the message shows")
	}
	if err := base.FailureToError(proto.Clone(f).(*failurepb.Failure)); !strings.Contains(err.Error(), "jeanne@boulangerie.example") {
		t.Error(err)
	}
	if err := keys.Erase(context.Background(), "RBD-A"); err != nil {
		t.Fatal(err)
	}
	if err := base.FailureToError(f); err == nil || strings.Contains(err.Error(), "jeanne") {
		t.Errorf("after the erasure: %v", err)
	}
}

// Where the data key cannot be had, a failure says at least what is in the way, and is tried again. An outage's own sentence can always be
// read, and what else was said cannot.
func TestFailuresOfAnOutage(t *testing.T) {
	store := newShelf()
	keys := vault.NewKeys(store, ring(t, vault.NewMaster()))
	base := vault.FailureConverter(vault.DataConverter(keys))
	one := converter.WithFailureConverterSerializationContext(base, converter.WorkflowSerializationContext{WorkflowID: "RBD-A"})
	refused := fmt.Errorf("acknowledgement: %w", &health.Failure{Of: health.SMTP, Reason: health.Login, Code: "535 5.7.8", Err: errors.New("jeanne@boulangerie.example")})
	f := one.ErrorToFailure(refused)
	if raw, _ := proto.Marshal(f); bytes.Contains(raw, []byte("boulangerie")) || !strings.Contains(f.Message, "refuses the login (535 5.7.8)") {
		t.Errorf("%v", f)
	}
	if err := base.FailureToError(f); !strings.Contains(err.Error(), "jeanne@boulangerie.example") {
		t.Error(err)
	}
	store.away = &health.Failure{Of: health.Archive, Reason: health.Full, Err: errors.New("full")}
	other := converter.WithFailureConverterSerializationContext(base, converter.WorkflowSerializationContext{WorkflowID: "RBD-B"})
	for want, err := range map[string]error{"refuses the login": refused, "has no room left": errors.New("jeanne@boulangerie.example"),
		"no room left: give": temporal.NewNonRetryableApplicationError("jeanne@boulangerie.example", "broken", nil, "détail")} {
		f := other.ErrorToFailure(err)
		if raw, _ := proto.Marshal(f); bytes.Contains(raw, []byte("boulangerie")) || !strings.Contains(f.Message, want) || f.GetApplicationFailureInfo().NonRetryable {
			t.Errorf("%v: %v", err, f)
		}
	}
}

func TestBrokenRings(t *testing.T) {
	good := vault.NewMaster()
	for _, text := range []string{"", "  ", "short", good + " " + good, good[:40], good + "x"} {
		if _, err := vault.ParseRing(text); !errors.Is(err, vault.ErrRing) || strings.Contains(err.Error(), good[:20]) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if r, err := vault.ParseRing(good + "," + vault.NewMaster() + "\n"); err != nil || len(r.Active()) != 12 {
		t.Error(r, err)
	}
}

// Bytes that nobody encrypted are refused, whatever they are.
func FuzzDecode(f *testing.F) {
	codec := vault.NewCodec(vault.NewKeys(newShelf(), ring(f, vault.NewMaster())))
	sealed, err := of(codec, "RBD-A").Encode([]*commonpb.Payload{payload("1")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("RBD-A", sealed[0].Data)
	f.Add("../salt", []byte{})
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		_, err := codec.Decode([]*commonpb.Payload{{Metadata: map[string][]byte{"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte(name)}, Data: data}})
		if err == nil && !bytes.Equal(data, sealed[0].Data) {
			t.Errorf("taken: %q %x", name, data)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	codec := of(vault.NewCodec(vault.NewKeys(newShelf(), ring(b, vault.NewMaster()))), "RBD-A")
	state := payload(strings.Repeat(`{"kind":"bail","key":"cases/RBD-7K3M9-QXD3A/documents/","received":"2020-09-15T10:00:00Z"},`, 40))
	b.SetBytes(int64(len(state.Data)))
	for b.Loop() {
		if _, err := codec.Encode([]*commonpb.Payload{state}); err != nil {
			b.Fatal(err)
		}
	}
}
