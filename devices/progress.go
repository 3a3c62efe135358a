package devices

import (
	"bytes"
	"io"
)

// Stage is a part of the work on a file of devices.
type Stage string

// The stages of an import, in their order.
const (
	Reading Stage = "read"    // lines are read and checked; counted in bytes of the file
	Hashing Stage = "secrets" // secrets that are new are hashed; counted in rows
	Storing Stage = "store"   // all devices are stored at once; counted in devices
)

// Progress hears how far an import is: done of total in a stage. It is called
// often, by several goroutines at a time. A nil Progress hears nothing.
type Progress func(stage Stage, done, total int)

// Tell calls p, unless it is nil.
func (p Progress) Tell(stage Stage, done, total int) {
	if p != nil {
		p(stage, done, total)
	}
}

// Reader returns a reader of a file that tells how much of it was read.
func (p Progress) Reader(file []byte) io.Reader {
	return &toldReader{Reader: bytes.NewReader(file), tell: p}
}

type toldReader struct {
	*bytes.Reader
	tell Progress
}

// Read implements io.Reader.
func (r *toldReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if n > 0 {
		r.tell.Tell(Reading, int(r.Size())-r.Len(), int(r.Size()))
	}
	return n, err
}
