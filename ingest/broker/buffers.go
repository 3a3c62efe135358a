package broker

import (
	"math/bits"
	"sync"
)

// buffers lends byte slices whose lengths are powers of two, so that idle
// connections need none of their own.
type buffers struct {
	classes [32]sync.Pool // of *[]byte, by the logarithm of the length
}

// get returns a slice of at least n bytes.
func (p *buffers) get(n int) *[]byte {
	class := bits.Len(uint(n - 1))
	if b, ok := p.classes[class].Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 1<<class)
	return &b
}

// put takes a slice back; its length may have been changed, or it may have
// grown beyond a power of two, and then it is left to the collector.
func (p *buffers) put(b *[]byte) {
	*b = (*b)[:cap(*b)]
	if n := len(*b); n > 0 && n&(n-1) == 0 {
		p.classes[bits.Len(uint(n-1))].Put(b)
	}
}
