package table

import (
	"bytes"
	"io"
	"net/http"
	"time"
)

// Sink gathers what a Writer writes and sends it on in pieces.
type Sink struct {
	W     http.ResponseWriter
	Media string // Content-Type
	Name  string // of the file

	buffer bytes.Buffer
	begun  bool
}

var _ io.Writer = (*Sink)(nil)

// Pieces that are sent, and the time that a client has for each of them, not for
// the whole.
const (
	pieceSize = 64 << 10
	pieceTime = 2 * time.Minute
)

// Begun tells whether anything was sent: after that no other answer is possible.
func (s *Sink) Begun() bool { return s.begun }

// Write implements io.Writer.
func (s *Sink) Write(b []byte) (int, error) {
	s.buffer.Write(b)
	if s.buffer.Len() < pieceSize {
		return len(b), nil
	}
	return len(b), s.Flush()
}

// Flush sends what was gathered.
func (s *Sink) Flush() error {
	if !s.begun {
		s.begun = true
		s.W.Header().Set("Content-Type", s.Media)
		s.W.Header().Set("Content-Disposition", `attachment; filename="`+s.Name+`"`)
	}
	_ = http.NewResponseController(s.W).SetWriteDeadline(time.Now().Add(pieceTime)) // a recorder in tests has none
	_, err := s.buffer.WriteTo(s.W)
	return err
}
