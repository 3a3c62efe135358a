package packet

import (
	"reflect"
	"testing"
)

// FuzzParse gives any bytes to the parsers. What they take, the reference
// library of that version must take too, and it must mean the same. (The
// references take more: they check neither flags nor UTF-8.)
func FuzzParse(f *testing.F) {
	for _, p := range clientPackets(f) {
		f.Add(p.version == V5, p.bytes)
	}
	f.Add(true, []byte{0x82, 5, 0, 1, 0, 0, 0})    // SUBSCRIBE that lacks its options
	f.Add(true, []byte{0x82, 0x80, 0x80, 0x80, 1}) // a length of 2 MiB and no body
	f.Fuzz(func(t *testing.T, is5 bool, b []byte) {
		v := version(is5)
		ours, err := ourFacts(v, b)
		if err != nil || is5 && ours.Type == TypeDisconnect && len(b) < 4 {
			return // the reference of MQTT 5 does not know the short forms of DISCONNECT
		}
		theirs := v4Facts
		if is5 {
			theirs = v5Facts
		}
		want, err := theirs(b)
		if err != nil {
			t.Fatalf("the reference refuses %x: %v\nours: %+v", b, err, ours)
		}
		if !reflect.DeepEqual(ours, want) {
			t.Errorf("%x\nours   %+v\ntheirs %+v", b, ours, want)
		}
	})
}

func version(is5 bool) Version {
	if is5 {
		return V5
	}
	return V4
}

// TestClientPackets reads what the reference libraries write: both must
// understand each packet, and alike.
func TestClientPackets(t *testing.T) {
	for _, p := range clientPackets(t) {
		t.Run(p.name, func(t *testing.T) {
			ours, err := ourFacts(p.version, p.bytes)
			if err != nil {
				t.Fatalf("%x: %v", p.bytes, err)
			}
			theirs := v4Facts
			if p.version == V5 {
				theirs = v5Facts
			}
			want, err := theirs(p.bytes)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(ours, want) {
				t.Errorf("%x\nours   %+v\ntheirs %+v", p.bytes, ours, want)
			}
		})
	}
}

// TestCutShort cuts every packet at every place: nothing may be taken for
// whole, and nothing may panic.
func TestCutShort(t *testing.T) {
	for _, p := range clientPackets(t) {
		for n := range p.bytes {
			if _, err := ourFacts(p.version, p.bytes[:n]); err == nil {
				t.Errorf("%s: %d of %d bytes were taken for a packet", p.name, n, len(p.bytes))
			}
		}
		h, n, err := ParseHeader(p.bytes)
		if err != nil {
			t.Fatal(err)
		}
		for size := range h.Size { // a header that fits the shorter body
			shorter := append(appendHeader(nil, h.Type, h.Flags, size), p.bytes[n:n+size]...)
			if _, err := ourFacts(p.version, shorter); err == nil && !p.mayEnd(size) {
				t.Errorf("%s: cut to %d of %d bytes and taken", p.name, size, h.Size)
			}
		}
	}
}

// sample is a packet as a reference library writes it.
type sample struct {
	name    string
	version Version
	bytes   []byte
}

// mayEnd tells whether the packet is also valid when only size bytes of its
// body are there: a payload and lists may be shorter, codes may be left out.
func (p sample) mayEnd(size int) bool {
	switch Type(p.bytes[0] >> 4) {
	case TypePublish, TypeSubscribe, TypeUnsubscribe:
		return true
	case TypeConnect:
		return false
	}
	return p.version == V5 && size <= 3
}
