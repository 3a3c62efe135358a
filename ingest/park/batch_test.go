package park

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/klauspost/compress/s2"
)

var golden = flag.Bool("golden", false, "write testdata/v1.bin")

// sample is what stands in testdata/v1.bin. It must not change.
func sample() *Batch {
	b := &Batch{Bucket: "città"}
	b.Add([]byte("air,comune=058091 temp_c=21.5 1\n"), Origin{41, 7})
	b.Add([]byte("air,comune=058091 temp_c=21.6 2\n"), Origin{42, 0})
	b.Add([]byte("ledger,door=mqtt acked=2i 3\n"), Origin{})
	return b
}

func same(t *testing.T, got, want *Batch) {
	t.Helper()
	if got.Bucket != want.Bucket || got.Len() != want.Len() {
		t.Fatalf("%d lines for %q, want %d for %q", got.Len(), got.Bucket, want.Len(), want.Bucket)
	}
	for i := range want.Len() {
		line, from := got.Line(i)
		if l, f := want.Line(i); string(line) != string(l) || from != f {
			t.Errorf("line %d is %s of %v, want %s of %v", i, line, from, l, f)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	var got Batch
	if ok, err := got.decode(sample().encode()); !ok || err != nil {
		t.Fatal(ok, err)
	}
	same(t, &got, sample())
}

// Batches of one bucket are read into one; one of another bucket is left.
func TestGathering(t *testing.T) {
	var got Batch
	want := &Batch{Bucket: "city"}
	for i := range 3 {
		one := &Batch{Bucket: "city"}
		one.Add(fmt.Appendf(nil, "m f=%d\n", i), Origin{uint64(9 - i), i})
		want.Add(fmt.Appendf(nil, "m f=%d\n", i), Origin{uint64(9 - i), i})
		if ok, err := got.decode(one.encode()); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if ok, err := got.decode(sample().encode()); ok || err != nil {
		t.Errorf("a batch of another bucket was taken: %v, %v", ok, err)
	}
	same(t, &got, want)
	got.Reset()
	if ok, err := got.decode(sample().encode()); !ok || err != nil {
		t.Fatal(ok, err)
	}
	same(t, &got, sample())
}

// Every older version stays readable for ever.
func TestOlderVersionsStayReadable(t *testing.T) {
	if *golden {
		if err := os.WriteFile("testdata/v1.bin", sample().encode(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile("testdata/v1.bin")
	if err != nil {
		t.Fatal(err)
	}
	var got Batch
	if ok, err := got.decode(data); !ok || err != nil {
		t.Fatal(ok, err)
	}
	same(t, &got, sample())
}

func TestWhatCannotBeRead(t *testing.T) {
	good := sample().encode()
	body := func(parts ...uint64) []byte {
		b := []byte{1, 'b'}
		for _, p := range parts {
			b = binary.AppendUvarint(b, p)
		}
		return append([]byte{magic, version}, s2.Encode(nil, b)...)
	}
	f := func(name string, data []byte, want error) {
		t.Helper()
		b := sample()
		if ok, err := b.decode(data); ok || !errors.Is(err, want) {
			t.Errorf("%s: %v, error %v", name, ok, err)
		}
		same(t, b, sample()) // as it was
	}
	f("nothing", nil, ErrCorrupt)
	f("another's", []byte("{}"), ErrCorrupt)
	f("newer", append([]byte{magic, 2}, good[2:]...), ErrNewer)
	f("cut short", good[:len(good)-5], ErrCorrupt)
	f("a length that claims the machine", []byte{magic, version, 0xff, 0xff, 0xff, 0xff, 0x7f}, ErrCorrupt)

	g := func(name string, data []byte) {
		t.Helper()
		var b Batch
		if ok, err := b.decode(data); ok || !errors.Is(err, ErrCorrupt) || b.Len() != 0 {
			t.Errorf("%s: %v, error %v, %d lines", name, ok, err, b.Len())
		}
	}
	g("more lines than bytes", body(1<<40))
	g("a line longer than the text", body(1, 0, 0, 1<<62))
	g("text that no line has", body(0, 1, 2))
}

func FuzzDecode(f *testing.F) {
	f.Add(sample().encode())
	f.Add([]byte{magic, version, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var b Batch
		ok, err := b.decode(data)
		if err != nil {
			if b.Len() != 0 || !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNewer) {
				t.Fatalf("%d lines, error %v", b.Len(), err)
			}
			return
		}
		var again Batch
		if okAgain, err := again.decode(b.encode()); !ok || !okAgain || err != nil || !bytes.Equal(again.Text, b.Text) {
			t.Fatalf("%v, %v: what was read cannot be written and read again", ok, err)
		}
	})
}
