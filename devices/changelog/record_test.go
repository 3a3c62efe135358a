package changelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
)

func someSet() devices.ChangeSet {
	at := geo.Point{Lat: 45.4408, Lon: 12.3155}
	return devices.ChangeSet{
		Author: "anna", Note: "primo giro", Time: time.Date(2025, 11, 22, 8, 0, 0, 7, time.UTC),
		Put: []devices.Device{{
			ID: "wifi-1", Kind: devices.WifiAP, Name: "Campo \"S. Polo\"", Format: "ucentral", ExternalID: "serial-1",
			Interval: 1500 * time.Millisecond, Premises: true, Moving: true, SecretHash: "hash", Retired: true,
			Model: "AP-6", Group: "lotto 2", Via: "gw-1", Speaks: []string{"a84041"}, Pending: true, SecretOld: "hash before",
			SecretEnds: time.Date(2025, 11, 23, 8, 0, 0, 0, time.UTC), CertsFrom: time.Date(2025, 11, 22, 8, 0, 0, 0, time.UTC),
			Placements: []devices.Placement{
				{Comune: "027042", Zone: "Venezia", Point: at, Cell: at.Cell(geo.LevelFixed)},
				{ValidFrom: time.Date(2025, 1, 2, 3, 4, 5, 6, time.UTC), Comune: "027042", Point: at, Uncertain: true, Cell: "x"},
			},
			Calibrations: []devices.Calibration{{From: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC), Measurement: "air", Field: "pm25_ugm3", Gain: 0.8, Offset: -1, Who: "anna", Note: "certificate 7"}},
			Invalid: []devices.Invalid{{
				From: time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2025, 4, 2, 0, 0, 0, 0, time.UTC), Fields: []string{"pm25_ugm3"},
				Who: "bruno", When: time.Date(2025, 4, 3, 0, 0, 0, 0, time.UTC), Why: "fell off its pole",
			}},
			Revision: 3, Updated: time.Date(2025, 2, 3, 0, 0, 0, 0, time.UTC),
		}},
	}
}

func messagesOf(t testing.TB, c devices.ChangeSet, size int) [][]byte {
	t.Helper()
	encoded, err := encodeSet(newSet(&c))
	if err != nil {
		t.Fatal(err)
	}
	messages, err := split(encoded, size)
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func TestStoredFormKeepsEverything(t *testing.T) {
	want := someSet()
	for _, size := range []int{partHeader + 1, 100, 1 << 20} {
		var a assembler
		var got *set
		for i, m := range messagesOf(t, want, size) {
			p, err := parsePart(m)
			if err != nil {
				t.Fatalf("part %d: %v", i, err)
			}
			if encoded := a.add(p); encoded != nil {
				if got, err = decodeSet(encoded); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got == nil || !reflect.DeepEqual(got.changeSet(), want) {
			t.Errorf("size %d: %+v", size, got)
		}
	}
}

// What the versions before wrote is read; devices of the first are approved.
func TestVersionBeforeIsRead(t *testing.T) {
	m := messagesOf(t, someSet(), 1<<20)[0]
	for version := byte(1); version < formatVersion; version++ {
		m[len(formatMagic)] = version
		binary.BigEndian.PutUint32(m[24:], checksum(m[:24], m[partHeader:]))
		if _, err := parsePart(m); err != nil {
			t.Error(err)
		}
	}
	s, err := parseSet([]byte(`{"devices":[{"id":"air-1","kind":"air","placements":[]}]}`))
	if err != nil || s.Devices[0].device().Pending {
		t.Errorf("%+v, %v", s, err)
	}
}

// Whatever one byte of a message becomes, and wherever it is cut, it is refused
// or says the same.
func TestDamageIsFound(t *testing.T) {
	m := messagesOf(t, someSet(), 1<<20)[0]
	for i := range m {
		if _, err := parsePart(m[:i]); err == nil {
			t.Fatalf("cut at %d: accepted", i)
		}
		damaged := bytes.Clone(m)
		damaged[i] ^= 0x41
		if _, err := parsePart(damaged); err == nil {
			t.Fatalf("byte %d changed: accepted", i)
		}
	}
}

func TestSplitLimits(t *testing.T) {
	if _, err := split(make([]byte, maxParts+1), partHeader+1); err == nil {
		t.Error("more parts than the format counts")
	}
	messages, err := split(make([]byte, 10), partHeader+5)
	if err != nil || len(messages) != 2 || len(messages[0]) != partHeader+5 {
		t.Errorf("%d messages, %v", len(messages), err)
	}
}

func TestOrphansAreForgotten(t *testing.T) {
	first, second := messagesOf(t, someSet(), 100), messagesOf(t, someSet(), 100)
	last := len(first) - 1
	f := func(name string, want int, messages ...[]byte) {
		t.Helper()
		var a assembler
		whole := 0
		for _, m := range messages {
			p, err := parsePart(m)
			if err != nil {
				t.Fatal(err)
			}
			if a.add(p) != nil {
				whole++
			}
		}
		if whole != want {
			t.Errorf("%s: %d sets, want %d", name, whole, want)
		}
	}
	f("whole", 1, first...)
	f("one after the other", 2, append(first[:last+1:last+1], second...)...)
	f("unfinished, then whole", 1, append(first[:last:last], second...)...)
	f("head missing", 0, first[1:]...)
	f("middle missing", 0, append(first[:1:1], first[2:]...)...)
	f("finished too late", 1, append(append(first[:last:last], second...), first[last])...)
	f("tail of another", 0, append(first[:last:last], second[last])...)
}

func TestFold(t *testing.T) {
	f := &fold{snapshot: &devices.Snapshot{}}
	take := func(seq uint64, m []byte, want outcome, wantErr bool) {
		t.Helper()
		got, err := f.message(seq, m)
		if got != want || (err != nil) != wantErr {
			t.Errorf("message %d: %+v, %v", seq, got, err)
		}
		if f.seen != seq {
			t.Errorf("seen %d, want %d", f.seen, seq)
		}
	}
	whole := messagesOf(t, someSet(), 1<<20)[0]
	parts := messagesOf(t, someSet(), 100)
	take(1, whole, outcome{changed: true}, false)
	take(2, []byte("rubbish"), outcome{}, true)
	take(3, parts[0], outcome{}, false)
	take(5, parts[2], outcome{gap: true}, false) // 4 is missing
	if f.snapshot.Revision != 1 {
		t.Errorf("revision %d", f.snapshot.Revision)
	}
	take(6, whole, outcome{changed: true}, false)

	taken := someSet()
	taken.Put[0].Retired = false
	take(7, messagesOf(t, taken, 1<<20)[0], outcome{changed: true}, false)
	taken.Put[0].ID = "wifi-2" // with wifi-1's external identity
	take(8, messagesOf(t, taken, 1<<20)[0], outcome{}, true)
	nowhere := someSet()
	nowhere.Put[0].Placements = nil
	take(9, messagesOf(t, nowhere, 1<<20)[0], outcome{}, true)
	if f.snapshot.Revision != 7 || f.snapshot.Len() != 1 {
		t.Errorf("revision %d, %d devices", f.snapshot.Revision, f.snapshot.Len())
	}
}

func TestImpossibleLengthIsRefused(t *testing.T) {
	if _, err := decodeSet([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 0}); err == nil {
		t.Error("4 GiB from six bytes")
	}
	if _, err := parsePart(append([]byte("RNE\x07"), make([]byte, partHeader)...)); !errors.Is(err, errVersion) {
		t.Errorf("version 7: %v", err)
	}
}

// FuzzMessage folds whatever may stand in the stream. Nothing may panic, and a
// message that was refused must have changed nothing.
func FuzzMessage(f *testing.F) {
	f.Add(messagesOf(f, someSet(), 1<<20)[0])
	f.Add(messagesOf(f, someSet(), 100)[0])
	f.Add([]byte(formatMagic))
	f.Fuzz(func(t *testing.T, m []byte) {
		fold := &fold{snapshot: &devices.Snapshot{}}
		out, err := fold.message(1, m)
		if changed := fold.snapshot.Revision == 1; changed != out.changed || changed && err != nil {
			t.Fatalf("outcome %+v, error %v, revision %d", out, err, fold.snapshot.Revision)
		}
	})
}

// FuzzSet parses whatever may stand in a set. What is accepted must come back
// the same when it is stored again.
func FuzzSet(f *testing.F) {
	c := someSet()
	encoded, err := encodeSet(newSet(&c))
	if err != nil {
		f.Fatal(err)
	}
	text, err := expand(encoded)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseSet(text)
		if err != nil {
			return
		}
		want := s.changeSet()
		encoded, err := encodeSet(newSet(&want))
		if err != nil {
			return // a year that JSON cannot write
		}
		back, err := decodeSet(encoded)
		if err != nil {
			t.Fatal(err)
		}
		again, err := encodeSet(back)
		if err != nil || !bytes.Equal(again, encoded) {
			t.Fatalf("%+v came back as %+v, %v", want, back, err)
		}
	})
}
