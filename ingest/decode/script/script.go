// Package script runs vendors' payload codecs in JavaScript, unchanged: a
// function decodeUplink(input) that returns {data, warnings, errors} (LoRa
// Alliance TS013, Payload Codec API).
//
// A codec is somebody else's program, so it runs in a child process: Host is
// the child, Runner the parent's side, Library the codecs of a folder. A codec
// has a limit of time, of memory and of what it returns; one that breaks a
// limit costs its own message and nothing else. Every call begins with a clean
// state, so a message means the same whenever it is decoded.
package script

import (
	"encoding/json"
	"time"
)

// Limits are those of a host, the zero value for the defaults.
type Limits struct {
	Time   time.Duration // of a call, on a processor; default 250 ms
	Memory uint64        // bytes that the child may take beside what it starts with; default 256 MiB
}

// Defaults of limits.
const (
	DefaultTime   = 250 * time.Millisecond
	DefaultMemory = 256 << 20
)

const (
	maxSource = 1 << 20  // bytes of a codec
	maxAnswer = 64 << 10 // bytes of what it returns
	maxFrame  = 2*maxSource + maxAnswer
	maxCalls  = 500 // levels of calls within each other
	maxText   = 200 // bytes of an error of a codec
)

// Input is what a codec is given of an uplink.
type Input struct {
	Bytes    []byte
	Port     uint64
	Received time.Time // the zero time is left out
}

// request asks the host for a call. The source comes with the first request of
// a codec.
type request struct {
	Codec  string `json:"codec"`
	Source string `json:"source,omitempty"`
	Input  Input  `json:"input"`
}

// response is what became of a call.
type response struct {
	Data  json.RawMessage `json:"data,omitempty"` // an object
	Error string          `json:"error,omitempty"`
}
