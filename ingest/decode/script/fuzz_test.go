package script

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/dop251/goja"
)

// FuzzReceive gives the frames' reader what a child that went mad may write:
// lengths that lie, ends within a frame, anything but JSON. What it takes is what
// send would write.
func FuzzReceive(f *testing.F) {
	var whole bytes.Buffer
	if err := send(&whole, response{Data: json.RawMessage(`{"temperature":21.4}`)}); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add(whole.Bytes()[:7])
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, '{'})
	f.Add([]byte{0, 0, 0, 2, '{', '}', 0, 0, 0, 4, 'n', 'u', 'l', 'l'})
	f.Fuzz(func(t *testing.T, stream []byte) {
		in := bytes.NewReader(stream)
		for {
			var rs response
			err := receive(in, &rs)
			if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				if in.Len() > 0 {
					t.Fatal("an end before the end")
				}
				return
			}
			if err != nil {
				return
			}
			var again bytes.Buffer
			if err := send(&again, rs); err != nil {
				t.Fatalf("%+v cannot be sent: %v", rs, err)
			}
		}
	})
}

// FuzzOutput runs a codec that returns whatever JSON there is: what comes out is an
// object within the limit, or an error.
func FuzzOutput(f *testing.F) {
	f.Add(`{"data": {"temperature": 21.4}, "warnings": ["low battery"]}`)
	f.Add(`{"errors": ["unknown port"]}`)
	f.Add(`{"data": {"__proto__": {"toJSON": 1}, "toString": 2}}`)
	f.Add(`{"data": [1, 2], "errors": []}`)
	f.Add(`{"errors": [""]}`) // found by fuzzing: it was taken for data
	f.Add(`null`)
	h := host{limit: DefaultTime, programs: map[string]*goja.Program{}}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || len(text) > 4096 {
			return
		}
		source, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		rs := h.answer(&request{Codec: "any", Source: "function decodeUplink(input) { return JSON.parse(" + string(source) + "); }"})
		var object map[string]any
		if rs.Error == "" && (len(rs.Data) > maxAnswer || json.Unmarshal(rs.Data, &object) != nil) {
			t.Fatalf("%s gave %s", text, rs.Data)
		}
	})
}
