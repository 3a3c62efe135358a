package influx

import "rione/ingest"

// Batch is many lines of line protocol in one buffer, and where each ends. It
// is reused: Reset keeps the memory. A Batch is used by one goroutine at a time.
type Batch struct {
	buf  []byte
	ends []int // of each line, newline included
}

// NewBatch returns an empty batch.
func NewBatch() *Batch { return &Batch{} }

// Add appends a point.
func (b *Batch) Add(p *ingest.Point) { b.AddAt(p, nil) }

// AddAt appends a point of a device whose Site the caller keeps.
func (b *Batch) AddAt(p *ingest.Point, s *Site) {
	b.buf = AppendPoint(b.buf, p, s)
	b.ends = append(b.ends, len(b.buf))
}

// AddLine appends a line that was encoded before. It must not be empty; the
// newline at its end may be missing.
func (b *Batch) AddLine(line []byte) {
	b.buf = append(b.buf, line...)
	if line[len(line)-1] != '\n' {
		b.buf = append(b.buf, '\n')
	}
	b.ends = append(b.ends, len(b.buf))
}

// Len returns the number of lines.
func (b *Batch) Len() int { return len(b.ends) }

// Size returns the number of bytes.
func (b *Batch) Size() int { return len(b.buf) }

// Line returns line i with its newline. It is valid until Reset.
func (b *Batch) Line(i int) []byte { return b.buf[b.start(i):b.ends[i]] }

// Reset forgets the lines and keeps the memory.
func (b *Batch) Reset() { b.buf, b.ends = b.buf[:0], b.ends[:0] }

func (b *Batch) start(i int) int {
	if i == 0 {
		return 0
	}
	return b.ends[i-1]
}
