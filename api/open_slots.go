package api

import "sync"

// Downloads of open data at once: of all, and of one address, so that somebody
// who reads slowly on purpose takes no more than a half from the others.
const (
	openExports     = 16
	openExportsEach = 8
)

// downloads counts those under way.
type downloads struct {
	mu  sync.Mutex
	all int
	by  map[string]int // addresses that have some
}

func newDownloads() *downloads { return &downloads{by: make(map[string]int)} }

// begin takes a slot for an address, and reports whether there was one.
func (d *downloads) begin(address string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all >= openExports || d.by[address] >= openExportsEach {
		return false
	}
	d.all++
	d.by[address]++
	return true
}

// end gives the slot back.
func (d *downloads) end(address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all--
	if d.by[address]--; d.by[address] == 0 {
		delete(d.by, address)
	}
}
